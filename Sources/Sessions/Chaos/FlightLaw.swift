/// What must hold of the ticks that a driver recorded, by name.
package enum FlightLaw: String, CaseIterable, Sendable {
  /// No joint beyond its position limits.
  case position
  /// No joint faster than its limit.
  case speed
  /// No torque above its limit.
  case torque
  /// No torque that changes faster than its limit.
  case torqueRate
  /// The tool slower than `FlightBounds.toolSpeed`.
  case toolSpeed
  /// The tool turning slower than `FlightBounds.toolTurnSpeed`.
  case toolTurnSpeed
  /// The true contact force below `FlightBounds.trueForce`.
  case trueForce
  /// The estimated force below `FlightBounds.estimatedForce`.
  case estimatedForce
  /// The estimated moment below `FlightBounds.estimatedMoment`.
  case estimatedMoment
  /// The tool no further outside its fence than `FlightBounds.fenceExcess`.
  case fence
  /// The tool turned no further beyond its fence than `FlightBounds.fenceTurn`.
  case fenceTurn
  /// Stopped in the very tick that shows a hard contact or a tool beyond its fence's margins.
  case heed
  /// A controller's torque acts in `active` alone.
  case command
  /// An arm that nobody has moved yet stands.
  case rest
  /// A stopped arm stands after a second.
  case stop
  /// Without torques an arm is held after `commandTimeout`.
  case hold
  /// Without torques a held arm is stopped after `stopTimeout`.
  case dampedStop
}

/// A law that a tick has broken.
package struct FlightViolation: Sendable, Equatable {
  /// Which.
  package let law: FlightLaw
  /// At what tick, and how.
  package let text: String
}
