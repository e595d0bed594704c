import Foundation

// The C library's functions, kept out of line so that inlinable code needs no import of it.

@usableFromInline func sine(_ angle: Double) -> Double { sin(angle) }

@usableFromInline func cosine(_ angle: Double) -> Double { cos(angle) }

@usableFromInline func arcTangent(_ y: Double, _ x: Double) -> Double { atan2(y, x) }
