// Run by the image of MongoDB when its volume is empty: the user of the platform, who may write its database alone.
db.getSiblingDB('globalmart').createUser({
  user: 'globalmart',
  pwd: process.env.GLOBALMART_PASSWORD,
  roles: [{ role: 'readWrite', db: 'globalmart' }],
});
