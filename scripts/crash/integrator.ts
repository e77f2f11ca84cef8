import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import type { TransferView } from '../local/api-client.ts'
import type { Customers } from './customers.ts'
import { type Choose, insist } from './insist.ts'
import type { Order } from './orders.ts'

/** An order that the service has answered. */
export type Placed = Order & { readonly id: string }

export type Integrator = {
  /** Orders, repeats, cancels, while his customer pays in; gives up only after `patienceMs`. */
  readonly order: (order: Order, choose: Choose) => Promise<void>
  readonly placed: readonly Placed[]
  readonly counts: Readonly<Record<'posts' | 'repeats' | 'doublePosts' | 'cancels' | 'deposits', number>>
  /** What no integrator should ever see. */
  readonly complaints: readonly string[]
}

/** An integrator as he should be: a key for each order, and the same key until there is an answer. */
export const openIntegrator = (apiKey: string, customers: Customers): Integrator => {
  const placed: Placed[] = []
  const complaints: string[] = []
  const counts = { posts: 0, repeats: 0, doublePosts: 0, cancels: 0, deposits: 0 }

  const post = (choose: Choose, path: string, body: unknown, key: string = randomUUID()) => {
    counts.posts++
    return insist(apiKey, choose, { path, body, key }, () => {
      counts.repeats++
    })
  }

  const cancel = async (id: string, choose: Choose) => {
    counts.cancels++
    const { status, body } = await post(choose, `/v1/transfers/${id}/cancel`, { reason: 'changed_my_mind' })
    if (status !== 202 && body.code !== 'transfer_not_cancelable')
      complaints.push(`cancel of ${id} was answered with ${status} ${body.code}`)
  }

  const changeMind = async ({ cancelAfterMs }: Order, id: string, choose: Choose) => {
    if (cancelAfterMs === undefined) return
    await after(cancelAfterMs)
    await cancel(id, choose)
  }

  const payIn = async (order: Order, deposit: TransferView['deposit']) => {
    if (order.paysInAfterMs === undefined) return
    if (!deposit) throw new Error('nobody says how to pay in')
    await after(order.paysInAfterMs)
    await customers.payIn(order, deposit)
    counts.deposits++
  }

  const place = async (order: Order, choose: Choose): Promise<void> => {
    await customers.equip(order)
    const key = randomUUID()
    const send = () => post(choose, '/v1/transfers', order.body, key)
    const [answer, twin] = await Promise.all([send(), order.twice ? send() : undefined])
    if (twin !== undefined) {
      counts.doublePosts++
      if (twin.body.id !== answer.body.id) complaints.push(`one key gave ${answer.body.id} and ${twin.body.id}`)
    }
    const { id } = answer.body
    if (answer.status !== 202 || id === undefined) {
      complaints.push(`an order was answered with ${answer.status} ${answer.body.code}`)
      return
    }
    placed.push({ ...order, id })
    await Promise.all([payIn(order, answer.body.deposit), changeMind(order, id, choose)])
  }

  const order: Integrator['order'] = (order, choose) =>
    place(order, choose).catch(error => {
      complaints.push(String(error))
    })

  return { order, placed, counts, complaints }
}
