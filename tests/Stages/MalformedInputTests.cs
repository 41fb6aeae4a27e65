using System.Collections.Immutable;
using System.Text;
using BpfIncr.Stages.Codegen.Btf;
using BpfIncr.Stages.Elf;

namespace BpfIncr.Stages.Tests;

/// <summary>Damaged files are refused with a reason; nothing else ever happens.</summary>
public sealed class MalformedInputTests
{
    private const int Cases = 3000;

    [Fact]
    public void A_damaged_archive_is_read_or_refused()
    {
        byte[] archive = TestFiles.Archive(("lib.rmeta", [1, 2, 3]), ("a_rather_long_member_name.o", [0x42, 0x43, 0xc0, 0xde, 1, 2, 3, 4]), ("object.o", TestFiles.Object(TestPrograms.Copying)));
        Assert.Equal(["a_rather_long_member_name.o"], BitcodeArchive.Read("lib.rlib", archive).Select(static member => member.Name));
        Damage(archive, static bytes => BitcodeArchive.Read("lib.rlib", bytes));
    }

    [Fact]
    public void A_damaged_thin_archive_is_read_or_refused()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("bpfincr-test-");
        try
        {
            string path = Path.Combine(directory.FullName, "lib.a");
            File.WriteAllBytes(Path.Combine(directory.FullName, "member.bc"), [0x42, 0x43, 0xc0, 0xde, 1, 2, 3, 4]);
            byte[] archive = Encoding.ASCII.GetBytes($"!<thin>\n{"//",-48}{12,-10}`\nmember.bc/\n\n{"/0",-48}{8,-10}`\n");
            Assert.Equal([0x42, 0x43, 0xc0, 0xde, 1, 2, 3, 4], Assert.Single(Read(archive)).Bitcode.ToArray());
            Damage(archive, bytes => Read(bytes));

            ImmutableArray<BitcodeMember> Read(byte[] bytes)
            {
                File.WriteAllBytes(path, bytes);
                return BitcodeArchive.Read(path);
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_damaged_object_is_read_or_refused()
    {
        byte[] bytes = TestFiles.Object(TestPrograms.Copying);
        Assert.Empty(ObjectCheck.Run(bytes));
        Damage(bytes, static damaged => ObjectStripper.Strip(damaged));
        Damage(bytes, static damaged => BtfRepair.Run(damaged));
        Damage(bytes, static damaged => ObjectCheck.Run(damaged));
    }

    [Fact]
    public void Names_that_overlap_are_refused_before_they_take_the_square_of_the_size()
    {
        // Each of the types has a name that begins one byte later.
        const int Count = 20_000;
        byte[] types = [.. Enumerable.Range(1, Count).SelectMany(static i => Words((uint)i, 8u << 24, 0))];
        byte[] section = [0x9f, 0xeb, 1, 0, .. Words(24, 0, (uint)types.Length, (uint)types.Length, 20 * Count), .. types, 0, .. Enumerable.Repeat((byte)'x', (20 * Count) - 2), 0];
        var btf = new BtfSection(section, bigEndian: false);

        Assert.Throws<MalformedInputException>(() => btf.Types.Select(type => btf.Name(type.Offset)).ToList());
    }

    [Fact]
    public void Sections_that_overlap_are_refused()
    {
        byte[] file = TestFiles.Object(TestPrograms.Copying);
        uint headers = BitConverter.ToUInt32(file, 40);
        Words(0, 0, (uint)file.Length).CopyTo(file, headers + 64 + 24);

        Assert.Contains("overlap", Assert.Throws<MalformedInputException>(() => ElfFile.Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_in_an_index_need_not_be_in_utf_8()
    {
        byte[] archive = [.. "!<arch>\n"u8, .. Header("/", 18), 0, 0, 0, 2, 0, 0, 0, 86, 0, 0, 0, 86, 0xff, 0, .. "nam\0"u8, .. Header("a.bc/", 4), 0x42, 0x43, 0xc0, 0xde];
        Assert.Equal(["\uFFFD", "nam"], Assert.Single(BitcodeArchive.Read("lib.a", archive)).Symbols!.Value);

        static byte[] Header(string name, int size) => Encoding.ASCII.GetBytes($"{name,-16}{0,-32}{size,-10}`\n");
    }

    private static byte[] Words(params uint[] words) => [.. words.SelectMany(BitConverter.GetBytes)];

    [Fact]
    public void Bitcode_is_found_in_its_wrapper_and_in_nothing_else()
    {
        byte[] raw = [0x42, 0x43, 0xc0, 0xde, 9, 9, 9, 9];
        byte[] wrapped = [0xde, 0xc0, 0x17, 0x0b, 0, 0, 0, 0, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, .. raw];
        Assert.Equal(raw, BitcodeArchive.Read("w", wrapped).Single().Bitcode.ToArray());
        Assert.Throws<MalformedInputException>(() => BitcodeArchive.Read("t", "te\0xt"u8.ToArray()));
        Assert.True(BitcodeArchive.Read("t", "define void @f()"u8.ToArray()).Single().IsText);
        Assert.Throws<MalformedInputException>(() => BitcodeArchive.Read("thin", "!<thin>\n"u8.ToArray()));
    }

    private static void Damage(byte[] original, Action<byte[]> read)
    {
        var random = new Random(20261123);
        for (int i = 0; i < Cases; i++)
        {
            byte[] damaged = random.Next(4) == 0 ? original[..random.Next(original.Length)] : [.. original];
            for (int flips = random.Next(1, 8); flips > 0 && damaged.Length > 0; flips--)
                damaged[random.Next(damaged.Length)] = random.Next(3) switch { 0 => 0, 1 => 255, _ => (byte)random.Next(256) };
            try
            {
                read(damaged);
            }
            catch (MalformedInputException)
            {
                // The one way to say no.
            }
        }
    }
}
