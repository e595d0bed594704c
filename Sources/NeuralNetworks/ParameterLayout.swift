/// Where one parameter lies in a flat arena: `groups` blocks of rows×columns.
public struct ParameterSlot: Sendable, Equatable {
  /// First float in the arena.
  public let offset: Int
  /// Members of an ensemble, one block each.
  public let groups: Int
  /// Rows of a block: inputs of a dense layer, 1 of a vector.
  public let rows: Int
  /// Columns of a block: outputs.
  public let columns: Int

  /// Number of elements.
  public var count: Int { groups * rows * columns }
}

/// The parameters of a network by name, in the order in which its layers asked for them.
public struct ParameterLayout: Sendable, Equatable {
  /// A named parameter.
  public struct Entry: Sendable, Equatable {
    /// Dotted path, such as `trunk.0.weight`.
    public let name: String
    /// Shape as written to files: a leading ensemble dimension, if any, then rows and columns.
    public let shape: [Int]
    /// Place in the arena.
    public let slot: ParameterSlot
  }

  /// The parameters in order.
  public private(set) var entries: [Entry] = []
  /// Floats of the arena, gaps for alignment among them.
  public private(set) var count = 0
  /// Members of the ensemble; nil for a single network.
  public let ensemble: Int?

  private static let alignment = 16

  /// An empty layout.
  public init(ensemble: Int? = nil) {
    precondition(ensemble ?? 1 >= 1, "an ensemble of \(ensemble ?? 1)")
    self.ensemble = ensemble
  }

  /// Room for a matrix per member of the ensemble.
  public mutating func add(matrix name: String, rows: Int, columns: Int) -> ParameterSlot {
    add(name, shape: [rows, columns], rows: rows, columns: columns)
  }

  /// Room for a vector per member of the ensemble.
  public mutating func add(vector name: String, count: Int) -> ParameterSlot {
    add(name, shape: [count], rows: 1, columns: count)
  }

  private mutating func add(
    _ name: String, shape: [Int], rows: Int, columns: Int
  ) -> ParameterSlot {
    precondition(rows >= 1 && columns >= 1, "parameter \(name) of \(rows)×\(columns)")
    precondition(!entries.contains { $0.name == name }, "two parameters named \(name)")
    let slot = ParameterSlot(offset: count, groups: ensemble ?? 1, rows: rows, columns: columns)
    entries.append(Entry(name: name, shape: (ensemble.map { [$0] } ?? []) + shape, slot: slot))
    count += (slot.count + Self.alignment - 1) / Self.alignment * Self.alignment
    return slot
  }
}
