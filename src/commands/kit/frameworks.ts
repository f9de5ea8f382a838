/** The defaults of a web framework: where its dev server listens and which file holds its variables. */
export interface Framework {
  readonly name: string;
  /** The package that gives it away. */
  readonly packages: readonly string[];
  /** Where its dev server listens by default. */
  readonly port: number;
  /** Where its developers would put the handler. */
  readonly path: string;
  /** The file its variables are read from by itself or by custom. */
  readonly envFile: '.env.local' | '.env';
  /** How an app reads that file, null where it is read automatically; `FILE` is its name. */
  readonly loads: string | null;
}

const NODE_LOADS = 'node --env-file=FILE …, or the dotenv package';
const PYTHON_LOADS = 'load_dotenv() of the python-dotenv package';

const PATH = '/webhooks/relyable';

/** In the order of preference: a meta-framework before the library it is built on. */
export const NODE_FRAMEWORKS: readonly Framework[] = [
  {
    name: 'next',
    packages: ['next'],
    port: 3000,
    path: `/api${PATH}`,
    envFile: '.env.local',
    loads: null,
  },
  {
    name: 'nuxt',
    packages: ['nuxt'],
    port: 3000,
    path: `/api${PATH}`,
    envFile: '.env',
    loads: null,
  },
  {
    name: 'sveltekit',
    packages: ['@sveltejs/kit'],
    port: 5173,
    path: PATH,
    envFile: '.env.local',
    loads: null,
  },
  {
    name: 'remix',
    packages: ['@remix-run/node', '@react-router/node'],
    port: 5173,
    path: PATH,
    envFile: '.env',
    loads: null,
  },
  { name: 'astro', packages: ['astro'], port: 4321, path: PATH, envFile: '.env', loads: null },
  {
    name: 'nest',
    packages: ['@nestjs/core'],
    port: 3000,
    path: PATH,
    envFile: '.env',
    loads: NODE_LOADS,
  },
  {
    name: 'fastify',
    packages: ['fastify'],
    port: 3000,
    path: PATH,
    envFile: '.env',
    loads: NODE_LOADS,
  },
  { name: 'hono', packages: ['hono'], port: 3000, path: PATH, envFile: '.env', loads: NODE_LOADS },
  { name: 'koa', packages: ['koa'], port: 3000, path: PATH, envFile: '.env', loads: NODE_LOADS },
  {
    name: 'express',
    packages: ['express'],
    port: 3000,
    path: PATH,
    envFile: '.env',
    loads: NODE_LOADS,
  },
];

export const PYTHON_FRAMEWORKS: readonly Framework[] = [
  {
    name: 'django',
    packages: ['django'],
    port: 8000,
    path: PATH,
    envFile: '.env',
    loads: PYTHON_LOADS,
  },
  {
    name: 'fastapi',
    packages: ['fastapi'],
    port: 8000,
    path: PATH,
    envFile: '.env',
    loads: PYTHON_LOADS,
  },
  {
    name: 'flask',
    packages: ['flask', 'quart'],
    port: 5000,
    path: PATH,
    envFile: '.env',
    loads: PYTHON_LOADS,
  },
];

export const OTHER_FRAMEWORK: Framework = {
  name: 'other',
  packages: [],
  port: 3000,
  path: PATH,
  envFile: '.env',
  loads: null,
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
