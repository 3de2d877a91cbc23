package globalmart.spark;

/** A setting that cannot be used. The message names it and says what is wanted. */
final class Usage extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Usage(String message) {
    super(message);
  }
}
