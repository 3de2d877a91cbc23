import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { meanings } from './build/meanings.ts';
import { pack } from './build/pack.ts';
import { routes } from './build/routes.ts';

/** The program that `npm run dev` and `npx vite preview` ask. */
const program = process.env.GLOBALMART_URL ?? 'http://127.0.0.1:8000';
const inCharts = /node_modules\/(echarts|zrender)\//;

export default defineConfig({
  plugins: [svelte(), meanings(), routes(), pack()],
  build: {
    target: 'es2022',
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'charts', test: inCharts }] } },
      checks: { bundlerTimings: false }, // a slow machine is no news
    },
    chunkSizeWarningLimit: 800, // kB: the charts, which load with the first one that is drawn
  },
  server: { proxy: { '/api': program, '/docs': program } },
});
