import type { Fate } from './judged.ts'

/** In what a verdict differs from another: by where the copy ends up now. What may hurt most comes first. */
export const changeClasses = [
  'newly-refused',
  'newly-quarantined',
  'newly-deferred',
  'newly-tagged',
  'newly-delivered',
  'no-longer-tagged',
] as const

export type ChangeClass = (typeof changeClasses)[number]

/** How one verdict differs from another; `undefined` when what becomes of the copy is the same. */
export function classify(before: Fate, after: Fate): ChangeClass | undefined {
  if (before.outcome === after.outcome) return undefined
  switch (after.outcome) {
    case 'rejected':
      return 'newly-refused'
    case 'quarantined':
      return 'newly-quarantined'
    case 'deferred':
      return 'newly-deferred'
    case 'tagged':
      return before.outcome === 'delivered' ? 'newly-tagged' : 'newly-delivered'
    default:
      return before.outcome === 'tagged' ? 'no-longer-tagged' : 'newly-delivered'
  }
}

/** Whether it is the sum of the points that has gone over a limit, or under it. */
export function isAcrossThreshold(before: Fate, after: Fate): boolean {
  return before.isSum === true || after.isSum === true
}
