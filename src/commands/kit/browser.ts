import type { Context } from '../../system/context.ts';

/** Linux without a display (a server, a container, ssh) has nothing to open a page with. */
export function hasBrowser({ env, platform }: Pick<Context, 'env' | 'platform'>): boolean {
  if (platform === 'win32' || platform === 'darwin') return true;
  return ['DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER', 'WSL_DISTRO_NAME'].some((name) => env[name]);
}
