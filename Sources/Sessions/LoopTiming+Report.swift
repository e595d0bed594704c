import Messages
import RealTime

extension LoopTiming {
  /// Tells `launch` the figures since the start and `more`, once a second.
  ///
  /// Who does not listen misses them: nothing waits.
  mutating func report(
    of role: Role, through status: inout StatusLink,
    and more: @autoclosure () -> [StatusValue] = []
  ) {
    guard isReportDue() else { return }
    status.tell(
      Status(
        role: role.rawValue, step: 0, episode: 0, robotNanoseconds: 0,
        values: values(of: role) + more(),
        note: ""))
  }

  /// Figures by name; what was never measured is left out.
  private func values(of role: Role) -> [StatusValue] {
    let series = [("jitter", jitter), ("work", work), ("roundTrip", roundTrip)]
    let times = series.filter { $0.1.count > 0 }.flatMap { name, times in
      [("P50", times.p50), ("P99", times.p99), ("P999", times.p999), ("Max", times.max)].map {
        StatusValue(
          name: "\(role.rawValue)/\(name)\($0)Microseconds", value: Double($1) * 1e-3)
      }
    }
    let counts = [
      ("ticks", work.count), ("overruns", work.overruns), ("missedTorques", missed),
      ("allocations", allocations), ("locks", locks),
    ]
    return times + counts.map { StatusValue(name: "\(role.rawValue)/\($0)", value: Double($1)) }
  }

  /// The figures for a process's log.
  func text(of role: Role) -> String {
    let series = [("period jitter", jitter), ("work", work), ("round trip", roundTrip)]
    let rows = series.filter { $0.1.count > 0 }.map { name, times in
      let cells = [times.p50, times.p99, times.p999, times.max].map {
        decimal(Double($0) * 1e-3, 1)
      }
      return "\(role.rawValue): \(name) [µs]: p50 \(cells[0]), p99 \(cells[1]), p99.9 \(cells[2]), "
        + "max \(cells[3])"
    }
    let counts =
      "\(role.rawValue): \(work.count) ticks, \(work.overruns) overruns, \(missed) torques missed, "
      + "\(allocations) allocations, \(locks) locks"
    return (rows + [counts]).joined(separator: "\n")
  }
}
