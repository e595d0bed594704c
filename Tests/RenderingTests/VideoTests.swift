import Foundation
import Rendering
import Testing

extension ProgramTests {
  @Suite struct VideoTests {
    private func frames(_ count: Int, width: Int = 64, height: Int = 48) -> [RGBImage] {
      (0..<count).map { index in
        let colour = SIMD3(97, 55, 31) &* SIMD3(repeating: index)
        return RGBImage(
          width: width, height: height, filledWith: SIMD3(truncatingIfNeeded: colour))
      }
    }

    private func write(
      _ frames: [RGBImage], to path: String, framesPerSecond: Double = 10,
      encoder: String = "ffmpeg", patience: Duration = .seconds(30), isFinished: Bool = true
    ) throws {
      var video = try VideoFile(
        creating: path, width: 64, height: 48, framesPerSecond: framesPerSecond, encoder: encoder,
        patience: patience)
      for frame in frames { try video.add(frame) }
      if isFinished { try video.finish() }
    }

    /// Frames and rate, as ffprobe counts them.
    private func probed(_ path: String) throws -> [String] {
      let (output, status) = try run([
        "ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries",
        "stream=codec_name,width,height,pix_fmt,avg_frame_rate,nb_read_frames", "-of", "csv=p=0",
        path,
      ])
      #expect(status == 0)
      return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .newlines).split(
        separator: ","
      ).map(String.init)
    }

    @Test(arguments: [(1, 10.0, "10/1"), (2, 25, "25/1"), (50, 10, "10/1"), (33, 12.5, "25/2")])
    func `a video has its frames`(count: Int, rate: Double, words: String) throws {
      let scratch = try Scratch()
      try write(frames(count), to: scratch.path("a.mp4"), framesPerSecond: rate)
      #expect(scratch.names == ["a.mp4"])
      #expect(
        try probed(scratch.path("a.mp4")) == ["h264", "64", "48", "yuv420p", words, "\(count)"])
    }

    @Test func `frames come back in order and in their colours`() throws {
      let scratch = try Scratch()
      let shown = frames(12)
      try write(shown, to: scratch.path("a.mp4"))
      let bytes = try decoded(scratch.path("a.mp4"))
      let size = 3 * 64 * 48
      try #require(bytes.count == 12 * size)
      for (index, frame) in shown.enumerated() {
        let middle = index * size + 3 * (24 * 64 + 32)
        for channel in 0..<3 {
          #expect(abs(Int(bytes[middle + channel]) - Int(frame.pixels[channel])) <= 6)
        }
      }
    }

    @Test func `names that a shell or ffmpeg could misread`() throws {
      let scratch = try Scratch()
      for name in ["a b.mp4", "rtp:x.mp4", "%03d.mp4", "-y.mp4", "ü'\"$(x);.mp4", ".mp4"] {
        try write(frames(2), to: scratch.path(name))
        #expect(scratch.names == [name])
        try FileManager.default.removeItem(atPath: scratch.path(name))
      }
      // Relative, a name begins with what looks like a protocol or an option.
      let before = FileManager.default.currentDirectoryPath
      defer { _ = FileManager.default.changeCurrentDirectoryPath(before) }
      try #require(FileManager.default.changeCurrentDirectoryPath(scratch.root))
      for name in ["rtp:x.mp4", "-y.mp4"] {
        try write(frames(2), to: name)
        #expect(scratch.names == [name])
        try FileManager.default.removeItem(atPath: scratch.path(name))
      }
    }

    @Test func `a finished video replaces the one before, an unfinished one does not`() throws {
      let scratch = try Scratch()
      try scratch.write([1, 2, 3], to: "a.mp4")
      try write(frames(3), to: scratch.path("a.mp4"), isFinished: false)
      #expect(
        try Array(Data(contentsOf: URL(fileURLWithPath: scratch.path("a.mp4")))) == [1, 2, 3])
      try write(frames(3), to: scratch.path("a.mp4"))
      #expect(try probed(scratch.path("a.mp4")).last == "3")
    }

    @Test(arguments: [0, 1, 40]) func `dropped without an end, it leaves nothing`(count: Int) throws
    {
      let scratch = try Scratch()
      try write(frames(count), to: scratch.path("a.mp4"), isFinished: false)
      #expect(scratch.names.isEmpty)
      #expect(children() == 0)
    }

    /// Children of this process, dead ones too, but for those that other suites start beside this one.
    private func children() -> Int {
      let own = String(ProcessInfo.processInfo.processIdentifier)
      let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      // The last: a child that has not become another program yet.
      let others = [
        "kinglet", "protoc", "python3", "env",
        String(ProcessInfo.processInfo.processName.prefix(9)),
      ]
      return processes.count { name in
        let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8)
        // What follows the name, which may hold anything, in its last parenthesis.
        let parts = stat?.split(separator: ")") ?? []
        let fields = parts.last?.split(separator: " ") ?? []
        let isOther = others.contains { parts.first?.hasSuffix("(" + $0) == true }
        return Int(name) != nil && fields.count > 1 && fields[1] == own && !isOther
      }
    }

    @Test func `a missing encoder is said at once`() throws {
      let scratch = try Scratch()
      for name in ["no-such-ffmpeg", scratch.path("none")] {
        expectRefusal(name, containing: "a video needs ffmpeg") {
          try write(frames(1), to: scratch.path("a.mp4"), encoder: name)
        }
      }
      #expect(scratch.names.isEmpty)
    }

    @Test func `an encoder that dies says why, and nobody dies with it`() throws {
      let scratch = try Scratch()
      let endings = [
        (
          "echo 'no such codec' >&2; echo more >&2; exit 3", "ended early (status 3): no such codec"
        ),
        ("exit 7", "ended early (status 7)"), ("kill -9 $$", "was ended by signal 9"),
        ("head -c 30000 >/dev/null; exit 4", "ended early (status 4)"),
      ]
      for (lines, words) in endings {
        let program = try scratch.program("encoder", lines)
        expectRefusal(lines, containing: words) {
          try write(frames(200), to: scratch.path("a.mp4"), encoder: program)
        }
        #expect(scratch.names == ["encoder"])
      }
      #expect(children() == 0)
    }

    @Test func `an encoder that takes all and gives nothing is no success`() throws {
      let scratch = try Scratch()
      let endings = [
        ("exit 0", "ended early (status 0)"), ("cat >/dev/null", "wrote nothing"),
        ("cat >/dev/null; echo full >&2; exit 5", "ended early (status 5): full"),
      ]
      for (lines, words) in endings {
        let program = try scratch.program("encoder", lines)
        expectRefusal(lines, containing: words) {
          try write(frames(200), to: scratch.path("a.mp4"), encoder: program)
        }
        #expect(scratch.names == ["encoder"])
      }
    }

    @Test func `an encoder that hangs is given up, with all that it started`() throws {
      let scratch = try Scratch()
      let endings = [
        ("sleep 600 & echo $! $$ >pids; wait", "takes no frames"),
        ("cat >/dev/null; sleep 600 & echo $! $$ >pids; wait", "does not end"),
      ]
      for (lines, words) in endings {
        let program = try scratch.program("encoder", "cd '\(scratch.root)'; " + lines)
        let start = ContinuousClock.now
        expectRefusal(lines, containing: words) {
          try write(
            frames(200), to: scratch.path("a.mp4"), encoder: program, patience: .milliseconds(400))
        }
        #expect(ContinuousClock.now - start < .seconds(10))
        let pids = try scratch.text("pids").split(whereSeparator: \.isWhitespace).compactMap {
          pid_t($0)
        }
        try #require(pids.count == 2)
        // The grandchild's end is reported to another process, which may take a moment.
        for _ in 0..<100 where pids.contains(where: { kill($0, 0) == 0 && !isZombie($0) }) {
          usleep(10_000)
        }
        #expect(!pids.contains { kill($0, 0) == 0 && !isZombie($0) })
        #expect(scratch.names == ["encoder", "pids"])
      }
      #expect(children() == 0)
    }

    private func isZombie(_ process: pid_t) -> Bool {
      let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
      return stat?.contains(") Z ") ?? true
    }

    @Test func `ffmpeg's own refusal is passed on`() throws {
      let scratch = try Scratch()
      let program = try scratch.program("encoder", #"exec ffmpeg -i none.mkv "$@""#)
      expectRefusal("no such input", containing: "none.mkv: No such file") {
        try write(frames(200), to: scratch.path("a.mp4"), encoder: program)
      }
      #expect(scratch.names == ["encoder"])
    }

    @Test func `what no video can be`() throws {
      let scratch = try Scratch()
      let path = scratch.path("a.mp4")
      for (width, height) in [(0, 48), (64, 0), (63, 48), (64, 47), (-64, 48), (8194, 48)] {
        expectRefusal("\(width) x \(height)", containing: "must be even and 2 to") {
          _ = try VideoFile(creating: path, width: width, height: height, framesPerSecond: 10)
        }
      }
      for rate in [0, -1, 0.01, 1001, .nan, .infinity] {
        expectRefusal("\(rate)", containing: "must be 0.1 to 1000") {
          try write(frames(1), to: path, framesPerSecond: rate)
        }
      }
      for name in ["a", "a.avi", "a.mp4\0.mp4"] {
        expectRefusal(name, containing: "must end in .mp4") {
          try write(frames(1), to: scratch.path(name))
        }
      }
      expectRefusal("no folder", containing: "No such file") {
        try write(frames(1), to: scratch.path("none/a.mp4"))
      }
      expectRefusal("no frames", containing: "at least one frame") { try write([], to: path) }
      expectRefusal("another size", containing: "must be 64 x 48") {
        try write(frames(1) + frames(1, width: 48, height: 64), to: path)
      }
      #expect(scratch.names.isEmpty)
    }
  }
}
