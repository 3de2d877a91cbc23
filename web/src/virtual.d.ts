declare module 'virtual:meanings' {
  const meanings: Record<string, import('../build/meanings').TableMeaning>;
  export default meanings;
}
