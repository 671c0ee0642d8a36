import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, decode, encode, type Packet, type Question } from 'dns-packet'
import type { Stage } from './stage.ts'

const responseCodes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 } as const

/** How a name server answers one question; undefined when it keeps silent. */
export interface BadAnswer {
  readonly code?: keyof typeof responseCodes
  readonly answers?: Answer[]
  readonly wrongId?: boolean
  /** The name that it pretends to have been asked for. */
  readonly otherName?: string
  readonly afterMs?: number
}

/** A name server on 127.0.0.1 that does not do what it should; answers with its address. */
export async function badDns(stage: Stage, answer: (question: Question) => BadAnswer | undefined): Promise<string> {
  const socket = createSocket('udp4')
  const closed = new AbortController()
  socket.on('message', async (bytes, client) => {
    const query = decode(bytes)
    const [question] = query.questions ?? []
    const said = question && answer(question)
    if (!said) return
    if (said.afterMs) await wait(said.afterMs, undefined, { ref: false })
    if (!closed.signal.aborted) socket.send(respond(query, question, said), client.port, client.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  stage.later(() => {
    closed.abort()
    socket.close()
  })
  return `127.0.0.1:${socket.address().port}`
}

function respond({ id = 0 }: Packet, question: Question, said: BadAnswer): Buffer {
  const { code = 'NOERROR', answers = [], wrongId = false, otherName = question.name } = said
  return encode({
    type: 'response',
    id: wrongId ? id ^ 0x5555 : id,
    // The low four bits of the flags are the response code (RFC 1035, 4.1.1); 0x180 is RD and RA.
    flags: 0x180 | responseCodes[code],
    questions: [{ ...question, name: otherName }],
    answers: answers.map(each => ({ ...each, name: otherName })),
  })
}
