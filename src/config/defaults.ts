/** Defaults of settings: `relyable config` shows them, and the commands use them. */
export const DEFAULT_PORT = 4400;
export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_TIMEOUT = '30s';
export const DEFAULT_MAX_BODY = '10mb';
/** The largest body that is stored: what every command can read, show and export. */
export const LARGEST_BODY = '256mb';
export const DEFAULT_INSPECTOR_PORT = 4401;
export const DEFAULT_EMULATOR_PORT = 4500;
export const DEFAULT_API_URL = 'https://app.relyable.ai/api';
export const DEFAULT_DELIVERIES_PATH = '/webhooks/deliveries';
