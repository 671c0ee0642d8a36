import { readTags } from '../facts/dkim/tag-list.ts'
import type { SignedField } from '../facts/signed-header.ts'

/** The three fields that a hop puts on a message (RFC 8617, 4.1), in the order in which seals cover them. */
export const arcNames = ['arc-authentication-results', 'arc-message-signature', 'arc-seal'] as const

type ArcName = (typeof arcNames)[number]

/** A field of ARC and the hop that it belongs to, from one on. */
export interface ArcField {
  readonly name: ArcName
  readonly instance: number
  readonly field: SignedField
  /** Of a seal or a signature. */
  readonly tags?: ReadonlyMap<string, string>
}

/** All fields of ARC whose hop can be read. */
export function readArcFields(fields: readonly SignedField[]): ArcField[] {
  return fields.flatMap(field => {
    const name = arcNames.find(known => known === field.name)
    return name ? (readArcField(name, field) ?? []) : []
  })
}

function readArcField(name: ArcName, field: SignedField): ArcField | undefined {
  const value = field.text.slice(field.text.indexOf(':') + 1)
  // RFC 8617, 4.1.1: it stands first, and what follows is no list of tags.
  if (name === 'arc-authentication-results') return withInstance(/^\s*i\s*=\s*(\d{1,2})\s*;/.exec(value)?.[1], { name, field })
  const tags = readTags(value)
  return tags && withInstance(tags.get('i'), { name, field, tags })
}

function withInstance(text: string | undefined, about: Omit<ArcField, 'instance'>): ArcField | undefined {
  return text !== undefined && /^[1-9]\d?$/.test(text) ? { ...about, instance: Number(text) } : undefined
}
