import * as z from 'zod';

const envName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

/** What a profile may hold; the top level of a config file holds the same and `profiles`. */
const profileSchema = z.strictObject({
  /** Target of `listen`, `trigger` and `captures replay`. */
  forwardTo: z.union([z.string(), z.number().int()]).transform(String).optional(),
  port: z.int().min(0).max(65_535).optional(),
  host: z.string().min(1).optional(),
  events: z.array(z.string().min(1)).optional(),
  /** Added to forwarded requests. */
  headers: z.record(z.string(), z.string()).optional(),
  timeout: z.string().optional(),
  maxBody: z.string().optional(),
  /** Name of the environment variable that holds the signing secret. */
  secretEnv: envName.optional(),
  /** Names of variables that hold other signing secrets: a signature made with one is recognised. */
  knownSecretEnvs: z.array(envName).optional(),
  store: z.string().min(1).optional(),
  retryReading: z.enum(['gaps', 'offsets']).optional(),
  api: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }).optional(),
      deliveriesPath: z.string().startsWith('/').optional(),
      /** Name of the environment variable that holds the API key. */
      keyEnv: envName.optional(),
    })
    .optional(),
});

export const configSchema = profileSchema.extend({
  $schema: z.string().optional(),
  profiles: z.record(z.string(), profileSchema).optional(),
});

/** The user's own config may hold credentials, because only the user can read it (mode 0600). */
export const userConfigSchema = configSchema.extend({
  apiKey: z.string().min(1).optional(),
  secret: z.string().min(1).optional(),
});

export type Profile = z.infer<typeof profileSchema>;
export type Config = z.infer<typeof userConfigSchema>;

/** Every key path a config file may hold, for "did you mean". */
export const CONFIG_KEYS: readonly string[] = [
  ...Object.keys(userConfigSchema.shape),
  'api.url',
  'api.deliveriesPath',
  'api.keyEnv',
];
