package ai.lacuna.data;

/**
 * Where the image of a sample lies in its shard.
 *
 * @param image the member's name
 * @param offset where its bytes begin in the shard; -1 in a compressed one
 * @param length its bytes
 * @param label the index of its class, or {@link Sample#NO_LABEL}
 */
record TarMember(String image, long offset, int length, int label) {}
