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
}

/** Every recipe. */
export const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
  express: { title: 'Express', code: express },
  fastify: { title: 'Fastify', code: fastify },
  next: { title: 'Next.js (app router)', code: nextApp },
  'next-pages': { title: 'Next.js (pages router)', code: nextPages },
  nuxt: { title: 'Nuxt', code: nuxt },
  sveltekit: { title: 'SvelteKit', code: sveltekit },
  remix: { title: 'Remix, React Router', code: remix },
  astro: { title: 'Astro', code: astro },
  hono: { title: 'Hono', code: hono },
  koa: { title: 'Koa', code: koa },
  nestjs: { title: 'NestJS', code: nestjs },
  flask: { title: 'Flask', code: flask },
  fastapi: { title: 'FastAPI', code: fastapi },
  django: { title: 'Django', code: django },
  rails: { title: 'Rails', code: rails },
  laravel: { title: 'Laravel', code: laravel },
  go: { title: 'Go net/http', code: goNetHttp },
  spring: { title: 'Spring', code: spring },
};
