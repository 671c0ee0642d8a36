import { join } from 'node:path'
import type { Answer } from '../../fixtures/smtp-client.ts'
import type { RecipientTrace } from '../../src/engine/trace.ts'
import type { Scene } from './scenes.ts'
import type { Stage } from './stage.ts'

const isTerminal = process.stdout.isTTY === true
const colours = { green: 32, red: 31, yellow: 33, grey: 90 } as const

/** What has become of one recipient's copy. */
export interface Fate {
  readonly scene: Scene
  readonly recipient: RecipientTrace
  readonly answer: Answer
  /** Where the copy is now, as a path. */
  readonly place: string
  readonly asExpected: boolean
}

/** One line: client → verdict → reply → where it is. */
export function fateLine({ scene, recipient, answer, place, asExpected }: Fate): string {
  const mark = asExpected ? paint('green', '✔') : paint('red', '✖')
  const client = `${scene.title.padEnd(36)} ${scene.ip.padEnd(16)}`
  const reply = paint('grey', `${answer.code} ${answer.text.replaceAll('\n', ' ')}`)
  return `${mark} ${client} → ${verdict(recipient)} → ${reply} → ${place}`
}

/** What was expected where something else has happened. */
export function surprise({ scene, recipient }: Fate): string {
  return `  ${paint('red', 'expected')} ${recipient.address}: ${scene.recipients[recipient.address] ?? 'nothing'}`
}

function verdict({ outcome, rule, reason, score }: RecipientTrace): string {
  const colour = outcome === 'delivered' ? 'green' : outcome === 'quarantined' ? 'yellow' : 'red'
  const cause = [rule && `${rule}: ${reason}`, score > 0 && `score ${Math.round(score * 100) / 100}`].filter(Boolean).join(', ')
  return paint(colour, outcome) + (cause ? ` (${cause})` : '')
}

function paint(colour: keyof typeof colours, text: string): string {
  return isTerminal ? `\x1b[${colours[colour]}m${text}\x1b[0m` : text
}

/** What is left to look at. */
export function whereToLook({ folder, configuration }: Stage): string {
  return [
    'To look at:',
    `  ${configuration}  the configuration`,
    `  ${join(folder, 'next-hop')}  what the mail server behind the gateway has stored`,
    `  ${join(folder, 'data/quarantine')}  what waits for a person to look at it`,
  ].join('\n')
}

/** How to send a message of one's own with swaks. */
export function howToSend({ ports, configuration }: Stage): string {
  return [
    '',
    'It stays until Ctrl-C. To send a message of your own:',
    `  swaks --server 127.0.0.1:${ports.direct} --from clara@harbour-press.example --to alice@museum.example`,
    'From another address:',
    `  swaks --server 127.0.0.1:${ports.direct} --xclient "ADDR=203.0.113.99 HELO=mail.fast-loans.example" \\`,
    '    --from credit@fast-loans.example --to bob@museum.example',
    'To see how any message would be judged:',
    '  npx postern explain fixtures/messages/offer.eml --ip 203.0.113.66 --helo mail.bargain-parade.example \\',
    `    --from deals@bargain-parade.example --rcpt alice@museum.example -c ${configuration}`,
  ].join('\n')
}
