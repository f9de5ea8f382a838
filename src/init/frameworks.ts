/** What a web framework says by itself: where its dev server listens and where it keeps variables. */
export interface Framework {
  readonly name: string;
  /** The package that gives it away. */
  readonly packages: readonly string[];
  /** Where its dev server listens unless told otherwise. */
  readonly port: number;
  /** Where its developers would put the handler. */
  readonly path: string;
  /** The file its variables are read from by itself or by custom. */
  readonly envFile: '.env.local' | '.env';
}

const PATH = '/webhooks/relyable';

/** In the order of preference: a meta-framework before the library it is built on. */
export const NODE_FRAMEWORKS: readonly Framework[] = [
  { name: 'next', packages: ['next'], port: 3000, path: `/api${PATH}`, envFile: '.env.local' },
  { name: 'nuxt', packages: ['nuxt'], port: 3000, path: `/api${PATH}`, envFile: '.env' },
  { name: 'sveltekit', packages: ['@sveltejs/kit'], port: 5173, path: PATH, envFile: '.env.local' },
  {
    name: 'remix',
    packages: ['@remix-run/node', '@react-router/node'],
    port: 5173,
    path: PATH,
    envFile: '.env',
  },
  { name: 'astro', packages: ['astro'], port: 4321, path: PATH, envFile: '.env' },
  { name: 'nest', packages: ['@nestjs/core'], port: 3000, path: PATH, envFile: '.env' },
  { name: 'fastify', packages: ['fastify'], port: 3000, path: PATH, envFile: '.env' },
  { name: 'hono', packages: ['hono'], port: 3000, path: PATH, envFile: '.env' },
  { name: 'koa', packages: ['koa'], port: 3000, path: PATH, envFile: '.env' },
  { name: 'express', packages: ['express'], port: 3000, path: PATH, envFile: '.env' },
];

export const PYTHON_FRAMEWORKS: readonly Framework[] = [
  { name: 'django', packages: ['django'], port: 8000, path: PATH, envFile: '.env' },
  { name: 'fastapi', packages: ['fastapi'], port: 8000, path: PATH, envFile: '.env' },
  { name: 'flask', packages: ['flask', 'quart'], port: 5000, path: PATH, envFile: '.env' },
];

export const OTHER_FRAMEWORK: Framework = {
  name: 'other',
  packages: [],
  port: 3000,
  path: PATH,
  envFile: '.env',
};

/** What a guess rests on that nothing in the project confirms. */
export function usualFor(framework: Framework): string {
  return framework === OTHER_FRAMEWORK ? 'a guess' : `usual for ${framework.name}`;
}

export const FRAMEWORKS: readonly Framework[] = [
  ...NODE_FRAMEWORKS,
  ...PYTHON_FRAMEWORKS,
  OTHER_FRAMEWORK,
];
