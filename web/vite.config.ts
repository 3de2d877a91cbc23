import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { icons } from './build/icons.ts';
import { meanings } from './build/meanings.ts';
import { pack } from './build/pack.ts';
import { routes } from './build/routes.ts';

/** The program that `npm run dev` and `npx vite preview` ask. */
const program = process.env.GLOBALMART_URL ?? 'http://127.0.0.1:8000';
const inCharts = /node_modules\/(echarts|zrender)\//;
const shared = /\/src\/lib\/(api|format|state|ui|chart\/(?!echarts|world))|node_modules\/(@lucide|svelte)\//; // by pages

export default defineConfig({
  plugins: [icons(), svelte(), meanings(), routes(), pack()],
  build: {
    target: 'es2022',
    cssCodeSplit: false, // 8 kB: less than what asking for its parts takes
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'charts', test: inCharts }, { name: 'shared', test: shared, minShareCount: 2 }] } },
      checks: { bundlerTimings: false }, // a slow machine is no news
    },
    chunkSizeWarningLimit: 800, // kB: the charts, which load with the first one that is drawn
  },
  server: { proxy: { '/api': program, '/docs': program } },
});
