import type { Meta } from '../api/client';

const locale = 'en-US';

/** What a value is. code and plain stand as they are kept, as words and as figures; rate is a second, duration milliseconds. */
export type Kind = 'text' | 'code' | 'plain' | 'money' | 'count' | 'number' | 'percent' | 'fine' | 'change' | 'gain' | 'day' | 'month' | 'time' | 'instant' | 'country' | 'bytes' | 'rate' | 'duration';
export type Value = string | number | null | undefined;

const none = '–';
const formats = new Map<string, Format>();

/** Makes something when it is first needed: see warm. */
function late<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** The forms of values in one currency and time zone. */
export class Format {
  readonly currency: string;
  readonly zone: string;
  readonly #money = late(() => new Intl.NumberFormat(locale, { style: 'currency', currency: this.currency }));
  readonly #digits = late(() => this.#money().resolvedOptions().maximumFractionDigits ?? 2);
  readonly #short = late(() => new Intl.NumberFormat(locale, { style: 'currency', currency: this.currency, notation: 'compact', minimumFractionDigits: 0, maximumFractionDigits: 1 }));
  readonly #small = late(() => new Intl.NumberFormat(locale, { style: 'currency', currency: this.currency, trailingZeroDisplay: 'stripIfInteger' }));
  readonly #day = late(() => new Intl.DateTimeFormat(locale, { timeZone: this.zone, weekday: 'short', day: 'numeric', month: 'short' }));
  readonly #month = late(() => new Intl.DateTimeFormat(locale, { timeZone: 'UTC', month: 'short', year: 'numeric' }));
  readonly #time = late(() => new Intl.DateTimeFormat(locale, { timeZone: this.zone, day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }));
  readonly #clock = late(() => new Intl.DateTimeFormat(locale, { timeZone: this.zone, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }));
  readonly #instant = late(() => new Intl.DateTimeFormat(locale, { timeZone: this.zone, day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' }));
  readonly #zone = late(() => new Intl.DateTimeFormat(locale, { timeZone: this.zone, timeZoneName: 'short' }));

  constructor(currency: string, zone: string) {
    this.currency = currency;
    this.zone = zone;
  }

  /** The digits of the currency's minor unit. */
  get digits(): number {
    return this.#digits();
  }

  /** An amount in minor units as major ones: 1299 cents are 12.99. */
  major(minor: number): number {
    return minor / 10 ** this.digits;
  }

  /** The value in full, as tables show it. */
  full(kind: Kind, value: Value): string {
    if (value === null || value === undefined || value === '') return none;
    if (typeof value === 'string') return this.#text(kind, value);
    switch (kind) {
      case 'money': return this.#money().format(this.major(value));
      case 'percent': return percent().format(value);
      case 'fine': return fine().format(value);
      case 'change': return value < manifold ? change().format(value) : `×${compact().format(value + 1)}`;
      case 'gain': return gain().format(value);
      case 'plain': return String(value);
      case 'count': return count().format(value);
      case 'bytes': return bytes(value);
      case 'rate': return `${rate().format(value)}/s`;
      case 'duration': return duration(value);
      default: return number().format(value);
    }
  }

  /** The value in few characters, as tiles show it. */
  short(kind: Kind, value: Value): string {
    if (typeof value !== 'number') return this.full(kind, value);
    if (kind === 'money') return (Math.abs(this.major(value)) < 1_000 ? this.#small() : this.#short()).format(this.major(value));
    if (kind === 'count') return Math.abs(value) < 10_000 ? count().format(value) : compact().format(value);
    return this.full(kind, value);
  }

  /** A value of an axis: round, so without decimals that say nothing, and all of an axis alike. */
  tick(kind: Kind, value: number): string {
    if (kind === 'count') return compact().format(value);
    if (kind === 'percent') return roundPercent().format(value);
    return this.short(kind, value);
  }

  /** The time of day, with seconds. */
  clock(instant: string | number): string {
    return this.#clock().format(new Date(instant));
  }

  /** The time zone in short, as it is called at an instant: UTC, EST, GMT+2. */
  zoneAt(instant: string): string {
    return this.#zone().formatToParts(new Date(instant)).find((part) => part.type === 'timeZoneName')?.value ?? this.zone;
  }

  /** What a part of the platform says of itself, with its days as they are written elsewhere. */
  said(text: string): string {
    return text.replace(/\b\d{4}-\d\d-\d\d\b(?!T)/g, (day) => this.full('day', day));
  }

  #text(kind: Kind, value: string): string {
    switch (kind) {
      // A day of the shop is a date without a time: it must not be moved into a zone.
      case 'day': return value.length === 10 ? dayOnly().format(new Date(value)) : this.#day().format(new Date(value));
      case 'month': return this.#month().format(new Date(value));
      case 'time': return this.#time().format(new Date(value));
      case 'instant': return this.#instant().format(new Date(value));
      case 'country': return countryName(value);
      default: return value;
    }
  }
}

const count = late(() => new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }));
const number = late(() => new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }));
const compact = late(() => new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }));
const percent = late(() => new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }));
const roundPercent = late(() => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }));
const fine = late(() => new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 3, maximumFractionDigits: 3 })); // of shares far below one percent
const gain = late(() => new Intl.NumberFormat(locale, { maximumFractionDigits: 0, signDisplay: 'exceptZero' }));
const change = late(() => new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: 'exceptZero' }));
const manifold = 10; // the change from which on a factor says more than percent
const rate = late(() => new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }));
const dayOnly = late(() => new Intl.DateTimeFormat(locale, { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' }));
const regions = late(() => new Intl.DisplayNames(locale, { type: 'region' }));

/** The name of an ISO 3166-1 alpha-2 code. */
export function countryName(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? (regions().of(code) ?? code) : code;
}

/** A length of time: 240 ms, 3.2 s, 4 min, 2 h. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${number().format(Math.round(ms / 100) / 10)} s`;
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`;
}

/** The forms of amounts in another currency than that of the answer. */
export function formatIn(currency: string, meta: Pick<Meta, 'time_zone'> | undefined): Format {
  return formatOf({ currency, time_zone: meta?.time_zone ?? 'UTC' });
}

/** A size: 512 B, 1.2 kB, 48.1 MB, 3.0 GB. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(Math.floor(Math.log10(Math.max(size, 1)) / 3), units.length - 1);
  return `${step === 0 ? count().format(size) : rate().format(size / 1_000 ** step)} ${units[step]}`;
}

/** Has the browser load what it formats with, which takes it 40 ms once: better while it waits than when a figure is to be shown. */
export function warm() {
  formatOf(undefined).full('money', 0);
}

/** The forms that suit an answer. Before the first answer: the reporting defaults of the rules. */
export function formatOf(meta: Pick<Meta, 'currency' | 'time_zone'> | undefined): Format {
  const { currency, time_zone } = meta ?? { currency: 'USD', time_zone: 'UTC' };
  const key = `${currency} ${time_zone}`;
  let f = formats.get(key);
  if (!f) formats.set(key, (f = new Format(currency, time_zone)));
  return f;
}
