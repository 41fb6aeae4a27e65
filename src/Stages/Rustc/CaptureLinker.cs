using System.Security.Cryptography;

namespace BpfIncr.Stages.Rustc;

/// <summary>
/// The program that rustc finds under the linker's name. It is a shell script that copies what it is given
/// (<see cref="LinkCapture"/>): this program would take three times as long.
/// </summary>
public static class CaptureLinker
{
    /// <summary>The linker's name. It has no slash: rustc looks for it on the path, and no flag depends on where it lies.</summary>
    public const string Name = "bpfincr-link";

    /// <summary>The flag that names it: every crate that is compiled for a probe has it, and no other.</summary>
    public const string Flag = $"-Clinker={Name}";

    /// <summary>The directory below cargo's target directory that holds it; it also tells that the target directory is bpfincr's.</summary>
    public const string DirectoryName = ToolScript.DirectoryName;

    /// <summary>The characters of a mark.</summary>
    internal const int MarkLength = 64;

    // The options with a value are those of LinkerCommandLine.
    private const string Script = """
        out= previous= count=$#
        for word; do
          case $previous in
            -o) out=$word previous= ;;
            -L | --cpu | --cpu-features | --target | --export-symbols) previous= ;;
            *) previous=$word ;;
          esac
        done
        if [ -z "$out" ]; then
          echo "bpfincr: rustc names no output for its linker" >&2
          exit 1
        fi
        cd -P . && printf '%s' "$mark" >"$out" && printf '%s\0' "$PWD" "$@" >>"$out" || exit
        previous=
        for word; do
          case $previous in
            --export-symbols) set -- "$@" "$file" "$word"; previous= ;;
            -o | -L | --cpu | --cpu-features | --target) previous= ;;
            *)
              previous=$word
              case $word in *.o) set -- "$@" "$file" "$word" ;; esac
              ;;
          esac
        done
        shift "$count"
        exec cat "$file" "/proc/$PPID/cmdline" "$file" "/proc/$PPID/environ" "$@" "$file" >>"$out"
        """;

    /// <summary>Writes the script, unless it is there, and gives the directory to put before the path.</summary>
    /// <param name="targetDirectory">Cargo's target directory.</param>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static string Write(string targetDirectory)
    {
        var tools = Path.Combine(targetDirectory, DirectoryName);
        var file = Path.Combine(tools, "mark");
        if (!File.Exists(file) || File.ReadAllText(file) is not { Length: MarkLength } mark)
        {
            Directory.CreateDirectory(tools);
            mark = RandomNumberGenerator.GetHexString(MarkLength, lowercase: true);
            var temporary = $"{file}.{Guid.NewGuid():n}";
            File.WriteAllText(temporary, mark);
            File.Move(temporary, file, overwrite: true);
        }
        ToolScript.Write(targetDirectory, Name, $"mark={mark} file={ToolScript.Quote([file])}\n{Script}");
        return tools;
    }
}
