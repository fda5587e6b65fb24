import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/object-cache.ts'],
    testTimeout: 240_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
  },
});
