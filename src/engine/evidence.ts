/**
 * What kind of evidence the points of a policy are. What one blocklist knows, the others often know too: so all that is
 * of one kind has a limit, and only kinds that do not depend on each other make a case (docs/decisions/0008).
 */
export type Evidence = keyof typeof bounds

/** Points by their kind, as they were given. */
export type EvidencePoints = Readonly<Partial<Record<Evidence, number>>>

interface Bounds {
  readonly least?: number
  readonly most?: number
}

const bounds = {
  'ip-reputation': { most: 8 },
  'ip-identity': { most: 4.5 },
  behaviour: { most: 6 },
  authentication: { most: 7 },
  'domain-reputation': { most: 8 },
  header: { most: 3 },
  history: { least: -6, most: 4 },
  content: {},
  /** What an administrator's own policy finds, unless it says more. */
  other: {},
} as const satisfies Readonly<Record<string, Bounds>>

/** All kinds. */
export const evidenceKinds = Object.keys(bounds) as readonly Evidence[]

/** Adds points to what is there of their kind. */
export function addPoints(evidence: EvidencePoints, kind: Evidence, points: number): EvidencePoints {
  return { ...evidence, [kind]: (evidence[kind] ?? 0) + points }
}

/** The sum of all kinds, none of which counts more, or less, than its limits allow. */
export function scoreOf(evidence: EvidencePoints): number {
  const sum = Object.entries(evidence).reduce((sum, [kind, points]) => sum + limited(kind as Evidence, points), 0)
  // Sums of tenths are not exact: 7.999999999999999 is eight.
  return Math.round(sum * 1e6) / 1e6
}

function limited(kind: Evidence, points: number): number {
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY }: Bounds = bounds[kind]
  return Math.min(most, Math.max(least, points))
}
