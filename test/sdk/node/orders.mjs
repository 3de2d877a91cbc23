// Sends ORDERS orders, the n-th one of 10.00 + n % 977 cents.
import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({
  writeKey: process.env.WRITE_KEY,
  host: process.env.COLLECTOR,
  maxRetries: 100,
  httpRequestTimeout: 2000,
})
let failed = false
analytics.on('error', (error) => {
  failed = true
  console.error(error)
})

for (let n = 0; n < Number(process.env.ORDERS); n++) {
  const total = (1000 + (n % 977)) / 100
  analytics.track({
    userId: `${process.env.SHOP}-customer-${n % 100}`,
    event: 'Order Completed',
    properties: { order_id: `${process.env.SHOP}-${n}`, total, products: [{ product_id: 'shirt', price: total, quantity: 1 }] },
  })
}
await analytics.closeAndFlush({ timeout: 240_000 })
process.exit(failed ? 1 : 0)
