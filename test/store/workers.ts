/** Makes the workers of a test whose `node:worker_threads` is mocked; `store-world.ts` sets it. */
export const workers: { create: () => unknown } = {
  create: () => {
    throw new Error('expected store-world.ts to be imported');
  },
};
