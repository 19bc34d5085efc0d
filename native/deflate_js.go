package native

// offersDeflate says that this build does not compress: compress/flate and its like bring fmt, which is large. In a browser only
// native.Over comes here.
const offersDeflate = false

func newPacker(terms, Compression, int) packer { return nil }
func newUnpacker(terms) unpacker               { return nil }
