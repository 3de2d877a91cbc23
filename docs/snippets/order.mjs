import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({
  writeKey: process.env.WRITE_KEY ?? 'globalmart-write-key-dev',
  host: process.env.COLLECTOR ?? 'http://127.0.0.1:8000',
})

analytics.track({
  userId: 'customer-17',
  event: 'Order Completed',
  properties: {
    order_id: 'order-from-node',
    total: 27.5,
    shipping: 3,
    tax: 2,
    discount: 2.5,
    products: [
      { product_id: 'shirt', category: 'Clothes', price: 19, quantity: 1 },
      { product_id: 'socks', category: 'Clothes', price: 3, quantity: 2 },
    ],
  },
})

await analytics.closeAndFlush()
