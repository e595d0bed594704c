import Messages

extension Grant {
  /// Most ticks that one grant may let pass: ten seconds of an arm of 1 kHz.
  ///
  /// While it runs, the driver hears nothing but stops.
  static let mostTicks: Int64 = 10_000

  /// Why a driver at a tick does not run so far; nil when it does.
  func refusal(at tick: Int64) -> String? {
    guard untilTick > tick,
      untilTick.subtractingReportingOverflow(tick).partialValue >= Self.mostTicks
    else { return nil }
    return "a grant until tick \(untilTick) at tick \(tick); at most \(Self.mostTicks) at once"
  }
}
