import { keyRecord } from '../signing/key-record.ts'
import { keyName, type SigningKey } from '../signing/signing-key.ts'
import { zoneLine } from '../signing/zone-line.ts'

/** What is to be published of a key, as the forms of DNS providers want it. */
export interface RecordFields {
  /** Below the domain, as most forms want it. */
  readonly name: string
  /** With the domain. */
  readonly fullName: string
  readonly type: 'TXT'
  readonly value: string
}

export function recordFields(key: SigningKey): RecordFields {
  const fullName = keyName(key)
  return { name: fullName.slice(0, -key.domain.length - 1), fullName, type: 'TXT', value: keyRecord(key) }
}

/** What is to be published, for a zone file and for a form. */
export function describeRecord(key: SigningKey): string[] {
  const { name, fullName, type, value } = recordFields(key)
  return [
    'As a line of a zone file:',
    '',
    ...zoneLine(fullName, value).split('\n'),
    '',
    'In the form of a DNS provider:',
    '',
    `  Name:  ${name}    (some want all of it: ${fullName})`,
    `  Type:  ${type}`,
    `  Value: ${value}`,
    '',
  ]
}
