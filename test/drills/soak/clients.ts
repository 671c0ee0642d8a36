import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { SmtpClient } from '../../../fixtures/smtp-client.ts'
import type { Ledger } from '../stage/ledger.ts'
import { contentOf, newId, type Sent, send, senderOf } from '../stage/sender.ts'

/** What the clients of one load have counted since it was last asked. */
export class Counts {
  taken = 0
  refused = 0
  unanswered = 0
  slow = 0
  garbage = 0
  /** How long each whole session with a message took, for those that were taken at once. */
  sessionMs: number[] = []
}

export interface Load {
  readonly port: number
  readonly ledger: Ledger
  /** Of messages whose client heard nothing after the dot: only these may come twice. */
  readonly unsure: Set<string>
  counts: Counts
  isOver: boolean
}

/** Sends each message until it is taken, with a pause behind it. */
export async function good(load: Load, ip: string, pauseMs: number): Promise<void> {
  while (!load.isOver) {
    const id = newId()
    const bytes = Math.random() < 0.05 ? 200_000 : 2000
    for (let sent: Sent | undefined; !sent?.taken && !load.isOver; ) {
      const began = performance.now()
      sent = await send({ port: load.port, id, bytes, ip })
      load.ledger.note(sent)
      if (sent.taken) {
        load.counts.taken++
        load.counts.sessionMs.push(performance.now() - began)
      } else {
        load.counts.unanswered++
        if (sent.unsure) load.unsure.add(id)
        await wait(200)
      }
    }
    await wait(pauseMs)
  }
}

/** A client of a blocklist, which is refused each time. */
export async function listed(load: Load, ip: string, pauseMs: number): Promise<void> {
  while (!load.isOver) {
    const sent = await send({ port: load.port, ip })
    load.ledger.note(sent)
    if (sent.refused) load.counts.refused++
    await wait(pauseMs)
  }
}

/** Sends its message in small pieces, slower than others but not too slow. */
export async function slow(load: Load, ip: string): Promise<void> {
  while (!load.isOver) {
    try {
      const id = newId()
      const client = await SmtpClient.open({ port: load.port, ip, patienceMs: 15_000 })
      await client.answer()
      for (const line of ['EHLO mx.sender.example.org', `MAIL FROM:<${senderOf(id)}>`, 'RCPT TO:<bob@our.example>', 'DATA']) {
        await client.say(line)
        await wait(300)
      }
      const content = contentOf(id, 8000)
      for (let at = 0; at < content.length; at += 800) {
        client.write(content.subarray(at, at + 800))
        await wait(300)
      }
      const { code } = await client.say('.')
      client.leave()
      if (code === 250) load.counts.slow++
    } catch {
      await wait(500) // its worker was killed
    }
  }
}

/** Sends what is no SMTP, and hangs up in the middle of it. */
export async function garbage(load: Load, pauseMs: number): Promise<void> {
  while (!load.isOver) {
    const socket = connect(load.port, '127.0.0.1')
    socket.on('error', () => {}) // it is what it deserves
    socket.resume()
    socket.write(Math.random() < 0.5 ? 'PROXY TCP4 192.0.2.66 127.0.0.1 40000 25\r\n' : randomBytes(40))
    socket.write(randomBytes(2000))
    await wait(pauseMs)
    socket.destroy()
    load.counts.garbage++
  }
}
