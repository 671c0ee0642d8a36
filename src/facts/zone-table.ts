/** What a table of zones has for a zone, or else for the closest zone above it. */
export function lookUpZone<T>(table: ReadonlyMap<string, T>, zone: string): T | undefined {
  const found = table.get(zone)
  if (found !== undefined) return found
  const dot = zone.indexOf('.')
  return dot === -1 ? undefined : lookUpZone(table, zone.slice(dot + 1))
}
