namespace BpfIncr.Stages.Rustc;

/// <summary>The program that rustc finds under the linker's name: a script that starts this program to capture the call.</summary>
public static class CaptureLinker
{
    /// <summary>The linker's name. It has no slash: rustc looks for it on the path, and no flag depends on where it lies.</summary>
    public const string Name = "bpfincr-link";

    /// <summary>The directory below cargo's target directory that holds it; it also tells that the target directory is bpfincr's.</summary>
    public const string DirectoryName = ToolScript.DirectoryName;

    /// <summary>Writes the script, unless it is there, and gives the directory to put before the path.</summary>
    /// <param name="targetDirectory">Cargo's target directory.</param>
    /// <param name="program">The command line that captures; the linker's arguments follow.</param>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static string Write(string targetDirectory, IEnumerable<string> program) =>
        Path.GetDirectoryName(ToolScript.Write(targetDirectory, Name, $"exec {ToolScript.Quote(program)} \"$@\""))!;
}
