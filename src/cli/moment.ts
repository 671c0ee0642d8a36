const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** A moment as a person gives it: `30m`, `2h`, `7d` ago, or a date with or without a time, in UTC unless it says otherwise. */
export function parseMoment(text: string, now: Date): Date | undefined {
  const [, amount, unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  if (amount !== undefined) return new Date(now.getTime() - Number(amount) * (units[unit] ?? 0) * 1000)
  const match = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text)
  if (!match) return undefined
  const moment = new Date(match[1] === undefined && text.length > 10 ? `${text}Z` : text)
  return Number.isNaN(moment.getTime()) ? undefined : moment
}
