/** The pool alone: the package's entry loads fetch, caches and web sockets, five times the start-up. */
declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici';
  const pool: typeof Pool;
  export default pool;
}
