import { resolve } from 'node:path'
import { parseDocument } from './document.ts'
import type { ConfigurationSource } from './find.ts'
import { valueAt } from './issues.ts'
import { isPolicyFile } from './policies.ts'

/** The policy files that a configuration names, without reading one: as much as can be said without running foreign code. */
export function namedPolicyFiles({ file, folder, text }: ConfigurationSource): string[] {
  const parsed = parseDocument(file, text)
  if ('problems' in parsed) return []
  const rules = valueAt(parsed.value.data, ['rules'])
  const uses = Array.isArray(rules) ? rules.map(rule => valueAt(rule, ['use'])) : []
  return uses.flatMap(use => (typeof use === 'string' && isPolicyFile(use) ? resolve(folder, use) : []))
}
