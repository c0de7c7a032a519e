package files

const nonblocking = 0
