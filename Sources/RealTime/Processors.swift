/// Which processor a loop of 1 kHz should have for itself.
public enum Processors {
  /// The best processor for the loop of a rank, 0 being the most urgent; nil where all are shared anyhow.
  ///
  /// Those that the kernel keeps other work from come first. Else, from four processors on, those with
  /// the fewest interrupts, never the first one, where the kernel puts what it has to put somewhere.
  public static func best(
    forRank rank: Int, isolated: [Int], interrupts: [UInt64], count: Int
  ) -> Int? {
    if rank < isolated.count { return isolated[rank] }
    guard isolated.isEmpty, count >= 4 else { return nil }
    let quiet = (1..<count).sorted { first, second in
      let loads = [first, second].map { $0 < interrupts.count ? interrupts[$0] : 0 }
      // Of equal ones the last: what starts at boot starts at the front.
      return loads[0] == loads[1] ? first > second : loads[0] < loads[1]
    }
    return rank < quiet.count ? quiet[rank] : nil
  }

  /// Numbers of a list as the kernel writes it, such as `2-3,6`; what is no number is passed over.
  public static func numbers(of list: String) -> [Int] {
    list.split { $0 == "," || $0.isWhitespace }.flatMap { part -> [Int] in
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, last < 4096, first <= last
      else { return [] }
      return Array(first...last)
    }
  }

  /// Interrupts of devices that each processor has taken, from the text of `/proc/interrupts`.
  public static func deviceInterrupts(in text: String) -> [UInt64] {
    let lines = text.split(separator: "\n")
    let count = lines.first?.split(separator: " ").count ?? 0
    var sums = [UInt64](repeating: 0, count: count)
    for line in lines.dropFirst() {
      let words = line.split(separator: " ")
      // Devices have numbers; the timer and what processors tell each other have names.
      guard let name = words.first, name.dropLast().allSatisfy(\.isNumber) else { continue }
      for (place, word) in words.dropFirst().prefix(count).enumerated() {
        sums[place] &+= UInt64(word) ?? 0
      }
    }
    return sums
  }
}
