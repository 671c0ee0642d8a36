import { readConfiguration } from '../../../src/cli/startup.ts'
import { openStore } from '../../../src/config/data-folder.ts'
import { openResolver } from '../../../src/config/gateway.ts'
import { openOutbound } from '../../../src/config/open-outbound.ts'
import { parseAddress } from '../../../src/mail/address.ts'
import { MemoryMessage } from '../../../src/mail/message.ts'
import type { Reply } from '../../../src/mail/reply.ts'
import type { Session } from '../../../src/mail/session.ts'
import { openLog } from '../../../src/report/log.ts'

// Sends one message to one recipient as the queue does, and prints what has come of it.
const [config, recipientText = ''] = process.argv.slice(2)
const checked = await readConfiguration(config)
if ('problems' in checked) throw new Error(JSON.stringify(checked.problems))
const opened = openStore(checked.value, openLog({ pretty: false, to: 2 }))
if ('problems' in opened) throw new Error(JSON.stringify(opened.problems))
const store = opened.value
const { outbound, close } = openOutbound(checked.value, { dns: await openResolver(checked.value), store })
const session: Session = { id: 'peer', listener: 'submission', client: { ip: '127.0.0.1', port: 1 }, violations: [] }
const reply = await send(recipientText)
const today = new Date().toISOString().slice(0, 10)
const counts = await outbound.report.read(today, recipientText.split('@')[1])
close()
store.close()
process.stdout.write(JSON.stringify({ reply, counts }))

async function send(text: string): Promise<Reply> {
  const recipient = parseAddress(text)
  if (!recipient) throw new Error(`not an address: ${text}`)
  const route = await outbound.route({ recipient, sender: null })
  if ('code' in route) return route
  const delivery = route.transport.begin({
    id: session.id,
    session,
    sender: { local: 'ann', domain: 'ours.example' },
    parameters: {},
  })
  const asked = await delivery.ask(recipient)
  if (asked.code >= 400) return asked
  const message = new MemoryMessage(Buffer.from(`From: ann@ours.example\r\nTo: ${text}\r\nSubject: to ${text}\r\n\r\nHello\r\n`))
  const sent = (await delivery.send([recipient], message)).get(recipient)
  if (!sent) throw new Error('no answer')
  return sent
}
