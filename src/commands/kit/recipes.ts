import astro from '../../../docs/recipes/astro.mjs?raw';
import django from '../../../docs/recipes/django_views.py?raw';
import express from '../../../docs/recipes/express.mjs?raw';
import fastapi from '../../../docs/recipes/fastapi_app.py?raw';
import fastify from '../../../docs/recipes/fastify.mjs?raw';
import flask from '../../../docs/recipes/flask_app.py?raw';
import hono from '../../../docs/recipes/hono.mjs?raw';
import koa from '../../../docs/recipes/koa.mjs?raw';
import laravel from '../../../docs/recipes/laravel.php?raw';
import nestjs from '../../../docs/recipes/nestjs.ts?raw';
import goNetHttp from '../../../docs/recipes/net_http.go?raw';
import nextApp from '../../../docs/recipes/next-app-router.mjs?raw';
import nextPages from '../../../docs/recipes/next-pages-router.mjs?raw';
import nuxt from '../../../docs/recipes/nuxt.mjs?raw';
import rails from '../../../docs/recipes/rails_controller.rb?raw';
import remix from '../../../docs/recipes/remix.mjs?raw';
import spring from '../../../docs/recipes/SpringWebhookController.java?raw';
import sveltekit from '../../../docs/recipes/sveltekit.mjs?raw';
import astroAlone from '../../../docs/recipes/without-library/astro.mjs?raw';
import expressAlone from '../../../docs/recipes/without-library/express.mjs?raw';
import fastifyAlone from '../../../docs/recipes/without-library/fastify.mjs?raw';
import honoAlone from '../../../docs/recipes/without-library/hono.mjs?raw';
import koaAlone from '../../../docs/recipes/without-library/koa.mjs?raw';
import nestjsAlone from '../../../docs/recipes/without-library/nestjs.ts?raw';
import nextAppAlone from '../../../docs/recipes/without-library/next-app-router.mjs?raw';
import nextPagesAlone from '../../../docs/recipes/without-library/next-pages-router.mjs?raw';
import nuxtAlone from '../../../docs/recipes/without-library/nuxt.mjs?raw';
import remixAlone from '../../../docs/recipes/without-library/remix.mjs?raw';
import sveltekitAlone from '../../../docs/recipes/without-library/sveltekit.mjs?raw';
import type { RecipeName } from './recipe-names.ts';

/** Code that receives webhooks correctly in one framework. */
export interface Recipe {
  /** For people, e.g. `Next.js (app router)`. */
  readonly title: string;
  /** A complete file, the same as under docs/recipes. */
  readonly code: string;
  /** Where the code uses `@relyable/webhooks`: the one that does without it, and its file below docs/recipes. */
  readonly withoutLibrary?: { readonly file: string; readonly code: string };
}

/** The library that some recipes use. */
export const LIBRARY = '@relyable/webhooks';

/** The recipe's code for a project: it uses the library only where the project has it. */
export function recipeCode(name: RecipeName, packages: ReadonlySet<string>): string {
  const { code, withoutLibrary } = RECIPES[name];
  return packages.has(LIBRARY) ? code : (withoutLibrary?.code ?? code);
}

/** Every recipe. */
export const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
  express: {
    title: 'Express',
    code: express,
    withoutLibrary: { file: 'without-library/express.mjs', code: expressAlone },
  },
  fastify: {
    title: 'Fastify',
    code: fastify,
    withoutLibrary: { file: 'without-library/fastify.mjs', code: fastifyAlone },
  },
  next: {
    title: 'Next.js (app router)',
    code: nextApp,
    withoutLibrary: { file: 'without-library/next-app-router.mjs', code: nextAppAlone },
  },
  'next-pages': {
    title: 'Next.js (pages router)',
    code: nextPages,
    withoutLibrary: { file: 'without-library/next-pages-router.mjs', code: nextPagesAlone },
  },
  nuxt: {
    title: 'Nuxt',
    code: nuxt,
    withoutLibrary: { file: 'without-library/nuxt.mjs', code: nuxtAlone },
  },
  sveltekit: {
    title: 'SvelteKit',
    code: sveltekit,
    withoutLibrary: { file: 'without-library/sveltekit.mjs', code: sveltekitAlone },
  },
  remix: {
    title: 'Remix, React Router',
    code: remix,
    withoutLibrary: { file: 'without-library/remix.mjs', code: remixAlone },
  },
  astro: {
    title: 'Astro',
    code: astro,
    withoutLibrary: { file: 'without-library/astro.mjs', code: astroAlone },
  },
  hono: {
    title: 'Hono',
    code: hono,
    withoutLibrary: { file: 'without-library/hono.mjs', code: honoAlone },
  },
  koa: {
    title: 'Koa',
    code: koa,
    withoutLibrary: { file: 'without-library/koa.mjs', code: koaAlone },
  },
  nestjs: {
    title: 'NestJS',
    code: nestjs,
    withoutLibrary: { file: 'without-library/nestjs.ts', code: nestjsAlone },
  },
  flask: { title: 'Flask', code: flask },
  fastapi: { title: 'FastAPI', code: fastapi },
  django: { title: 'Django', code: django },
  rails: { title: 'Rails', code: rails },
  laravel: { title: 'Laravel', code: laravel },
  go: { title: 'Go net/http', code: goNetHttp },
  spring: { title: 'Spring', code: spring },
};
