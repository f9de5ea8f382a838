import * as z from 'zod';

/** Not a usual name of a variable, but the form of many keys: a prefix, or a long word with digits. */
const LOOKS_LIKE_SECRET =
  /^whsec_|^(?=[A-Za-z]*\d)[A-Za-z0-9]{20,}$|_(?=[A-Za-z]*\d)[A-Za-z0-9]{20,}$/i;

const envName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable')
  .refine((name) => !LOOKS_LIKE_SECRET.test(name), {
    error: 'expected the name of an environment variable, got what looks like the secret itself',
  });

const EXPECTED_PORT = 'expected a port from 0 to 65535';

/** The settings of a profile; the top level of a config file has the same and `profiles`. */
const profileSchema = z.strictObject({
  /** Target of `listen`, `trigger` and `captures replay`. */
  forwardTo: z
    .union([z.string(), z.number().int()], { error: 'expected a URL or a port' })
    .transform(String)
    .optional(),
  port: z.int({ error: EXPECTED_PORT }).min(0, EXPECTED_PORT).max(65_535, EXPECTED_PORT).optional(),
  host: z.string().min(1).optional(),
  events: z.array(z.string().min(1)).optional(),
  /** Added to forwarded requests. */
  headers: z.record(z.string(), z.string()).optional(),
  timeout: z.string().optional(),
  maxBody: z.string().optional(),
  /** Name of the environment variable with the signing secret. */
  secretEnv: envName.optional(),
  /** Names of variables with other signing secrets: a signature made with one is recognised. */
  knownSecretEnvs: z.array(envName).optional(),
  store: z.string().min(1).optional(),
  retryReading: z.enum(['gaps', 'offsets']).optional(),
  api: z
    .strictObject({
      url: z.url({ protocol: /^https?$/, error: 'expected an http(s) URL' }).optional(),
      deliveriesPath: z.string().startsWith('/').optional(),
      /** Name of the environment variable with the API key. */
      keyEnv: envName.optional(),
    })
    .optional(),
});

export const configSchema = profileSchema.extend({
  $schema: z.string().optional(),
  profiles: z.record(z.string(), profileSchema).optional(),
});

/** The user's own config may have credentials, because only the user can read it (mode 0600). */
export const userConfigSchema = configSchema.extend({
  apiKey: z.string().min(1).optional(),
  secret: z.string().min(1).optional(),
});

export type Profile = z.infer<typeof profileSchema>;
export type Config = z.infer<typeof userConfigSchema>;

const API_KEYS = ['api.url', 'api.deliveriesPath', 'api.keyEnv'];

/** Every key of a config file of this kind, or of a profile in one. */
export function configKeys(kind: 'project' | 'user' | 'profile'): readonly string[] {
  const { shape } = { project: configSchema, user: userConfigSchema, profile: profileSchema }[kind];
  return [...Object.keys(shape), ...API_KEYS];
}
