import { resolve } from 'node:path'
import YAML from 'yaml'
import type { ConfigurationSource } from './find.ts'

/** What a configuration file becomes. */
export interface Promotion {
  readonly file: string
  readonly before: string
  readonly after: string
}

/** The configuration in which a rule that was in shadow mode is enforced: one word is another, and all else stays. Or why that cannot be done. */
export function withEnforced({ file, text }: ConfigurationSource, index: number): Promotion | string {
  const rules = YAML.parseDocument(text, { stringKeys: true }).get('rules')
  const rule = YAML.isSeq(rules) ? rules.items[index] : undefined
  const mode = YAML.isMap(rule) ? rule.get('mode', true) : undefined
  // What others refer to would change for them as well.
  if (!YAML.isMap(rule) || rule.anchor !== undefined || !YAML.isScalar(mode) || mode.anchor !== undefined || !mode.range) {
    return 'expected a rule whose mode is written out in the configuration, found none, or one that others share: change it by hand'
  }
  const [from, to] = mode.range
  return { file: resolve(file), before: text, after: `${text.slice(0, from)}enforce${text.slice(to)}` }
}
