// Package surface holds tests of what users of this module get: the names that they can reach, and the modules that come
// with them. Both grow unnoticed, one small change after the other, and are hard to take back.
package surface
