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
import type { RecipeName } from './recipe-names.ts';

/** Code that receives webhooks correctly in one framework. */
export interface Recipe {
  /** For people, e.g. `Next.js (app router)`. */
  readonly title: string;
  /** A complete file, the same as under docs/recipes. */
  readonly code: string;
  /** Where the code uses `@relyable/webhooks`: the file below docs/recipes that does without it. */
  readonly withoutLibrary?: string;
}

/** Every recipe. */
export const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
  express: { title: 'Express', code: express, withoutLibrary: 'without-library/express.mjs' },
  fastify: { title: 'Fastify', code: fastify, withoutLibrary: 'without-library/fastify.mjs' },
  next: {
    title: 'Next.js (app router)',
    code: nextApp,
    withoutLibrary: 'without-library/next-app-router.mjs',
  },
  'next-pages': {
    title: 'Next.js (pages router)',
    code: nextPages,
    withoutLibrary: 'without-library/next-pages-router.mjs',
  },
  nuxt: { title: 'Nuxt', code: nuxt, withoutLibrary: 'without-library/nuxt.mjs' },
  sveltekit: {
    title: 'SvelteKit',
    code: sveltekit,
    withoutLibrary: 'without-library/sveltekit.mjs',
  },
  remix: { title: 'Remix, React Router', code: remix, withoutLibrary: 'without-library/remix.mjs' },
  astro: { title: 'Astro', code: astro, withoutLibrary: 'without-library/astro.mjs' },
  hono: { title: 'Hono', code: hono, withoutLibrary: 'without-library/hono.mjs' },
  koa: { title: 'Koa', code: koa, withoutLibrary: 'without-library/koa.mjs' },
  nestjs: { title: 'NestJS', code: nestjs, withoutLibrary: 'without-library/nestjs.ts' },
  flask: { title: 'Flask', code: flask },
  fastapi: { title: 'FastAPI', code: fastapi },
  django: { title: 'Django', code: django },
  rails: { title: 'Rails', code: rails },
  laravel: { title: 'Laravel', code: laravel },
  go: { title: 'Go net/http', code: goNetHttp },
  spring: { title: 'Spring', code: spring },
};
