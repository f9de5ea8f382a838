import { type JsonNode, mapTree, memberOf, numberNode, stringNode } from '../../../json/tree.ts';
import { changeMaker, type DocumentChange } from './change.ts';

const model = changeMaker(
  'body_reserialized',
  'Verify the raw bytes before they are read into a typed model (Pydantic, Jackson, System.Text.Json, a struct): the model writes other keys or dates.',
);

type Rename = (key: string) => string;

function keys(rename: Rename): (root: JsonNode) => JsonNode | null {
  return (root) =>
    mapTree(root, (node) =>
      node.kind === 'object'
        ? {
            kind: 'object',
            members: node.members.map(({ key, value }) => memberOf(rename(key), value)),
          }
        : node,
    );
}

const upperFirst: Rename = (key) => key.charAt(0).toUpperCase() + key.slice(1);
const lowerFirst: Rename = (key) => key.charAt(0).toLowerCase() + key.slice(1);
const camel: Rename = (key) =>
  lowerFirst(key).replace(/[_-]+([A-Za-z0-9])/g, (_, char: string) => char.toUpperCase());
const pascal: Rename = (key) => upperFirst(camel(key));
const snake: Rename = (key) =>
  lowerFirst(key)
    .replace(/-/g, '_')
    .replace(/[A-Z]/g, (char) => `_${char.toLowerCase()}`);
const kebab: Rename = (key) => snake(key).replace(/_/g, '-');
/** Keys as Go and older .NET write them: `AgentID`, `ViewURL`. */
const initialisms: Rename = (key) =>
  pascal(key).replace(/(?:Id|Url|Api)(?![a-z])/g, (word) => word.toUpperCase());
const camelInitialisms: Rename = (key) =>
  initialisms(key).replace(/^(?:(?:ID|URL|API)(?![a-z])|.)/, (word) => word.toLowerCase());

const KEYS: readonly DocumentChange[] = (
  [
    ['camelCase', camel],
    ['PascalCase', pascal],
    ['an upper-case first letter', upperFirst],
    ['each word in upper case, Agent_Id', (key) => key.split('_').map(upperFirst).join('_')],
    ['snake_case', snake],
    ['kebab-case', kebab],
    ['PascalCase with ID and URL', initialisms],
    ['camelCase with ID and URL', camelInitialisms],
    ['upper case', (key) => key.toUpperCase()],
    ['lower case', (key) => key.toLowerCase()],
    ['lower case without "_"', (key) => key.toLowerCase().replace(/[_-]/g, '')],
  ] satisfies readonly [string, Rename][]
).map(([name, rename]) => model(`the body with its keys in ${name}`, keys(rename)));

const DATE = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]00:?00)?$/;

interface Moment {
  /** `2025-01-16`. */
  readonly date: string;
  /** `15:40:00`, without a fraction. */
  readonly time: string;
  /** Digits of the fraction, as written. */
  readonly fraction: string;
  readonly ms: number;
}

type WriteDate = (moment: Moment) => string | JsonNode;

/** Rewrites every string that is a date and time in UTC. */
function dates(write: WriteDate): (root: JsonNode) => JsonNode | null {
  return (root) =>
    mapTree(root, (node) => {
      const found = node.kind === 'string' ? DATE.exec(node.value ?? '') : null;
      if (found === null) return node;
      const [
        ,
        year = '',
        month = '',
        day = '',
        hour = '',
        minute = '',
        second = '',
        fraction = '',
      ] = found;
      const ms = Date.UTC(
        Number(year),
        Number(month) - 1,
        Number(day),
        Number(hour),
        Number(minute),
        Number(second),
        Math.floor(Number(`0.${fraction}`) * 1000),
      );
      const written = write({
        date: `${year}-${month}-${day}`,
        time: `${hour}:${minute}:${second}`,
        fraction,
        ms,
      });
      return typeof written === 'string' ? stringNode(written) : written;
    });
}

/** `.123` with this number of digits. */
function fraction({ fraction }: Moment, digits: number): string {
  return `.${fraction.slice(0, digits).padEnd(digits, '0')}`;
}

const iso =
  (suffix: string, digits = 0, mark = 'T'): WriteDate =>
  (moment) =>
    `${moment.date}${mark}${moment.time}${digits === 0 ? '' : fraction(moment, digits)}${suffix}`;

const trimmedFraction = (moment: Moment): string => {
  const digits = moment.fraction.replace(/0+$/, '');
  return digits === '' ? '' : `.${digits}`;
};

const DATES: readonly DocumentChange[] = (
  [
    ['2025-01-16T15:40:00.000Z (JavaScript Date)', iso('Z', 3)],
    ['2025-01-16T15:40:00Z', iso('Z')],
    ['2025-01-16T15:40:00+00:00 (Python isoformat)', iso('+00:00')],
    ['2025-01-16T15:40:00.000000+00:00', iso('+00:00', 6)],
    ['2025-01-16T15:40:00.000+00:00 (Jackson, Rails)', iso('+00:00', 3)],
    ['2025-01-16T15:40:00.000+0000 (Jackson)', iso('+0000', 3)],
    ['2025-01-16T15:40:00+0000', iso('+0000')],
    ['2025-01-16T15:40:00 (no zone)', iso('')],
    ['2025-01-16T15:40:00.000 (no zone)', iso('', 3)],
    ['2025-01-16T15:40:00.000000 (no zone)', iso('', 6)],
    ['2025-01-16T15:40:00.000000Z (Laravel)', iso('Z', 6)],
    ['2025-01-16T15:40:00.0000000Z (.NET)', iso('Z', 7)],
    ['2025-01-16T15:40:00.0000000+00:00 (.NET)', iso('+00:00', 7)],
    ['2025-01-16T15:40:00.000000000Z', iso('Z', 9)],
    ['2025-01-16 15:40:00', iso('', 0, ' ')],
    ['2025-01-16 15:40:00 UTC (Ruby)', iso(' UTC', 0, ' ')],
    ['2025-01-16 15:40:00 +0000 (Ruby)', iso(' +0000', 0, ' ')],
    ['2025-01-16 15:40:00 +0000 UTC (Go)', iso(' +0000 UTC', 0, ' ')],
    ['2025-01-16 15:40:00+00:00 (Python str)', iso('+00:00', 0, ' ')],
    ['2025-01-16 15:40:00Z', iso('Z', 0, ' ')],
    ['2025-01-16 15:40:00.000', iso('', 3, ' ')],
    ['2025-01-16 15:40:00.000000', iso('', 6, ' ')],
    ['2025-01-16 15:40:00.000000+00:00', iso('+00:00', 6, ' ')],
    [
      '2025-01-16T15:40Z (java.time without seconds)',
      ({ date, time }) => `${date}T${time.replace(/:00$/, '')}Z`,
    ],
    [
      '2025-01-16T15:40 (java.time without seconds and zone)',
      ({ date, time }) => `${date}T${time.replace(/:00$/, '')}`,
    ],
    [
      '2025-01-16T15:40:00Z without zeros at the end of the fraction',
      (moment) => `${moment.date}T${moment.time}${trimmedFraction(moment)}Z`,
    ],
    ['Unix seconds', ({ ms }) => numberNode(String(Math.floor(ms / 1000)))],
    [
      'Unix seconds with a decimal point',
      ({ ms }) => numberNode(`${ms / 1000}${ms % 1000 === 0 ? '.0' : ''}`),
    ],
    [
      'Unix seconds with nine decimals (Jackson)',
      ({ ms }) =>
        numberNode(`${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}000000`),
    ],
    ['Unix milliseconds', ({ ms }) => numberNode(String(ms))],
    ['Unix seconds as a string', ({ ms }) => String(Math.floor(ms / 1000))],
    ['Unix milliseconds as a string', ({ ms }) => String(ms)],
    ['/Date(…)/ (older .NET)', ({ ms }) => `/Date(${ms})/`],
    ['seconds since 2001 (Swift)', ({ ms }) => numberNode(String(ms / 1000 - 978_307_200))],
    ['Thu, 16 Jan 2025 15:40:00 GMT (Flask, HTTP)', ({ ms }) => new Date(ms).toUTCString()],
    [
      'Thu, 16 Jan 2025 15:40:00 +0000',
      ({ ms }) => new Date(ms).toUTCString().replace('GMT', '+0000'),
    ],
    ['a list of numbers (java.time)', dateList],
    ['only the date', ({ date }) => date],
  ] satisfies readonly [string, WriteDate][]
).map(([name, write]) => model(`the body with its dates as ${name}`, dates(write)));

/** Offsets of the world's time zones, in minutes. */
const OFFSETS = [
  60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 540, 570, 600, 630, 660, 720, 780,
  840, -60, -120, -180, -210, -240, -300, -360, -420, -480, -540, -600, -660,
] as const;

const local = changeMaker(
  'body_reserialized',
  'Verify the raw bytes before they are read into a typed model: it writes dates in the time zone of the machine.',
  { isCompactOnly: true },
);

const ZONES: readonly DocumentChange[] = OFFSETS.flatMap((minutes) => {
  const size = Math.abs(minutes);
  const offset = `${minutes < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
  const shifted = ({ ms }: Moment): string => new Date(ms + minutes * 60_000).toISOString();
  return [
    local(
      `the body with its dates in the zone ${offset}`,
      dates((moment) => `${shifted(moment).slice(0, 19)}${trimmedFraction(moment)}${offset}`),
    ),
    local(
      `the body with its dates in the zone ${offset}, with milliseconds`,
      dates((moment) => `${shifted(moment).slice(0, -1)}${offset}`),
    ),
    local(
      `the body with its dates in the zone ${offset}, without the zone`,
      dates((moment) => shifted(moment).slice(0, 19)),
    ),
  ];
});

/** `[2025,1,16,15,40]`: Jackson without JavaTimeModule's text form; zero seconds are left out. */
function dateList({ date, time }: Moment): JsonNode {
  const numbers = [...date.split('-'), ...time.split(':')].map(Number);
  if (numbers.at(-1) === 0) numbers.pop();
  return { kind: 'array', items: numbers.map((number) => numberNode(String(number))) };
}

/** The changes that parsing into a typed model makes: other names of keys, other formats of dates. */
export const TYPED_MODELS: readonly DocumentChange[] = [...KEYS, ...DATES, ...ZONES];
