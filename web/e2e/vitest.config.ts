import { defineConfig } from 'vitest/config';

// One browser and one server: the files run one after the other.
export default defineConfig({
  test: { include: ['e2e/*.e2e.ts'], fileParallelism: false, reporters: ['verbose'], testTimeout: 300_000, hookTimeout: 300_000 },
});
