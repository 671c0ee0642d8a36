const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** `30d`, `12h`, `90m`, `45s`, `2w`, in milliseconds; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,6}(?:\.\d{1,3})?)([smhdw])$/.exec(text) ?? []
  return unit === undefined ? undefined : Number(amount) * (unitMs[unit] ?? 0)
}

/** So long ago, or a moment as ISO 8601 writes it: `2026-11-24`, `2026-11-24T08:00:00Z`. */
export function parseMoment(text: string, now: Date): Date | undefined {
  const duration = parseDuration(text)
  if (duration !== undefined) return new Date(now.getTime() - duration)
  const moment = /^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(moment) ? undefined : new Date(moment)
}
