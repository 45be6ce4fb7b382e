using System.Diagnostics;
using System.IO.Compression;

namespace NJepa.Interop.Tests.Hostile;

/// <summary>Checkpoints that were made to do harm are refused by one exception, at once, without much memory, and nothing is executed.</summary>
public sealed class HostileCheckpointTests : TensorTest
{
    private const long MaxBytes = 200L << 20;
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(1);
    private static readonly byte[] Empty = new PickleBuilder().Op("}").Done();

    public static TheoryData<string, string> FromPython => new()
    {
        { "os-system", "*refers to 'posix.system'*" },
        { "eval", "*refers to '__builtin__.eval'*" },
        { "popen", "*refers to 'commands.Popen'*" },
        { "nested", "*refers to '__builtin__.exec'*" },
        { "namespace", "*refers to 'argparse.Namespace'*If you trust the file, load it in Python and save the tensors alone*" },
    };

    [Theory]
    [MemberData(nameof(FromPython))]
    public void Pickles_of_Python_that_would_run_something(string name, string message)
    {
        ShouldBeRefused(Parity.PathOf($"hostile/{name}.pth"), message);
        File.Exists("/tmp/njepa-was-here").Should().BeFalse("nothing may be executed");
    }

    public static TheoryData<string, string> Globals => new()
    {
        { "os", "system" }, { "builtins", "eval" }, { "builtins", "getattr" }, { "torch", "load" }, { "torch.hub", "load" }, { "torch._utils", "_rebuild_tensor" }, { "collections", "OrderedDict.fromkeys" },
        { "torch", "FloatStorage.from_file" }, { "", "" }, { "torch.storage", "_load_from_bytes" }, { "collections.OrderedDict", "" },
    };

    [Theory]
    [MemberData(nameof(Globals))]
    public void Every_name_that_is_not_known_is_refused(string module, string name)
    {
        Refused(new PickleBuilder().Global(module, name).Text("x").Raw(0x85).Op("R").Done(), $"*refers to '{module}.{name}'*");
        Refused(new PickleBuilder().Text(module).Text(name).Raw(0x93).Op(")R").Done(), $"*refers to '{module}.{name}'*");
    }

    public static TheoryData<string, byte[], string> Pickles
    {
        get
        {
            static PickleBuilder New() => new();
            static byte[] Repeat(string start, string repeated, int count, string end = "") => New().Op(start + string.Concat(Enumerable.Repeat(repeated, count)) + end).Done();
            return new TheoryData<string, byte[], string>
            {
                { "nested reduce", New().Global("collections", "OrderedDict").Op(")R)R").Done(), "*calls something that is not one of the known names*" },
                { "reduce of a storage type", New().Global("torch", "FloatStorage").Op(")R").Done(), "*calls 'torch.FloatStorage' with arguments that it does not take*" },
                { "reduce of a text", New().Text("eval").Op(")R").Done(), "*calls something that is not one of the known names*" },
                { "state of a tensor", New().Tensor(0, [1], [1]).Op("}b").Done(), "*sets the state of something that is not a dictionary*" },
                { "new object", New().Global("collections", "OrderedDict").Op(")").Raw(0x81).Done(), "*instruction 0x81*" },
                { "instance", New().Op("(iposix\nsystem\n").Done(), "*instruction 0x69*" },
                { "extension", New().Raw(0x82, 1).Done(), "*instruction 0x82*" },
                { "persistent text", New().Op("Pabc\n").Done(), "*instruction 0x50*" },
                { "length of 2^40", New().Raw(0x8D).Raw(PickleBuilder.LittleEndian(1UL << 40)).Done(), "*claims 1099511627776 bytes*" },
                { "length of 2^64 - 1", New().Raw(0x8D).Raw(PickleBuilder.LittleEndian(ulong.MaxValue)).Done(), "*claims a length of 18446744073709551615 bytes*" },
                { "text of 4 GB", New().Op("X").Raw(255, 255, 255, 255).Done(), "*claims 4294967295 bytes*" },
                { "integer of 255 bytes", New().Raw(0x8A, 255).Raw(new byte[255]).Done(), "*integer of 255 bytes*" },
                { "frame of 2^63", New().Raw(0x95).Raw(PickleBuilder.LittleEndian(1UL << 63)).Done(), "*claims a length of*" },
                { "a list that holds itself", New().Op("]q\0h\0a").Done(), "*nested more than 32 deep, or hold themselves*" },
                { "a dictionary that holds itself", New().Op("}q\0").Text("a").Op("h\0s").Done(), "*nested more than 32 deep, or hold themselves*" },
                { "100,000 lists in one another", Repeat("", "]", 100_000, string.Concat(Enumerable.Repeat("a", 99_999))), "*nested more than 32 deep*" },
                { "a key that is a tuple", New().Op("})N").Op("s").Done(), "*a key that is neither a text nor a number*" },
                { "a key that is a list", New().Op("}]Ns").Done(), "*a key that is neither a text nor a number*" },
                { "an empty stack", New().Op("a").Done(), "*takes more from its stack than is there*" },
                { "a mark that is not there", New().Op("]e").Done(), "*closes a container that was never opened*" },
                { "a memory that is not there", New().Op("h\x07").Done(), "*recalls object 7*" },
                { "two objects", New().Op("NN").Done(), "*more or less than one object*" },
                { "an open mark", New().Op("N(").Done(), "*more or less than one object*" },
                { "nothing", New().Done(), "*more or less than one object*" },
                { "half an item", New().Op("}(").Text("a").Op("u").Done(), "*not by pairs*" },
                { "items of a list", New().Op("]NNs").Done(), "*fills something that is not a dictionary*" },
                { "appended to a dictionary", New().Op("}Na").Done(), "*appends to something that is not a list*" },
                { "a name without an end", New().Op("cposix").Done(), "*ends in the middle of a name*" },
                { "a name of 10,000 letters", New().Global(new string('a', 10_000), "x").Done(), "*name of 10000 bytes*" },
                { "text that is not UTF-8", New().Op("X").Raw(1, 0, 0, 0, 0xFF).Done(), "*not UTF-8*" },
                { "protocol 9", [0x80, 9, (byte)'N', (byte)'.'], "*pickle protocol 9*" },
                { "no end", New().Op("N").Done()[..^1], "*claims 1 bytes at byte 3, where 0 are left*" },
                { "two million objects", Repeat("", "N", 2_000_000), "*more than 1000000 objects*" },
                { "a million dictionaries", Repeat("(", "}", 900_000, "t"), "*more than 300000 containers*" },
                { "a million marks", Repeat("", "(", 1_500_000), "*more than 1000000 objects*" },
                { "five million instructions", Repeat("N", "q\0", 5_000_000), "*more than 4000000 instructions*" },
                { "a pickle of 17 MB", Repeat("", "N", 17 << 20), "*at most 16777216 are read*" },
                { "two things of one name", New().Op("}(").Text("a.b").Op("K\x01").Text("a").Op("}").Text("b").Op("K\x02su").Done(), "*two things under the name 'a.b'*" },
                { "a tensor beyond its storage", New().Tensor(0, [5], [1]).Done(), "*'tensor' [5] reaches to byte 20 of a storage of 16*" },
                { "an offset beyond its storage", New().Tensor(4, [1], [1]).Done(), "*reaches to byte 20 of a storage of 16*" },
                { "a stride beyond its storage", New().Tensor(0, [2], [4]).Done(), "*reaches to byte 20 of a storage of 16*" },
                { "a storage that claims more than is there", New().Tensor(0, [5], [1], count: 5).Done(), "*reaches to byte 20 of a storage of 16*" },
                { "2^40 sides", New().Tensor(0, [1L << 40, 1L << 40], [1, 1]).Done(), "*which no file can hold*" },
                { "2^62 strides", New().Tensor(0, [4, 4], [1L << 62, 1L << 62]).Done(), "*which no file can hold*" },
                { "a number repeated 2^40 times", New().Tensor(0, [1L << 40], [0]).Done(), "*repeats 1 stored numbers 1099511627776 times*" },
                { "a negative side", New().Tensor(0, [-1], [1]).Done(), "*side or stride that is not a number of at least 0*" },
                { "a negative stride", New().Tensor(3, [2], [-1]).Done(), "*side or stride that is not a number of at least 0*" },
                { "a negative offset", New().Tensor(-1, [1], [1]).Done(), "*no negative offset*" },
                { "17 sides", New().Tensor(0, [.. Enumerable.Repeat(1L, 17)], [.. Enumerable.Repeat(1L, 17)]).Done(), "*17 sides*" },
                { "sides without strides", New().Tensor(0, [1, 1], [1]).Done(), "*2 sides, 1 strides*" },
                { "a storage that is not there", New().Tensor(0, [1], [1], key: "9").Done(), "*lacks 'archive/data/9'*" },
                { "a storage elsewhere", New().Tensor(0, [1], [1], key: "../../../etc/passwd").Done(), "*lacks 'archive/data/../../../etc/passwd'*" },
                { "a quantized storage", New().Tensor(0, [1], [1], storage: "QInt8Storage").Done(), "*refers to 'torch.QInt8Storage'*" },
                { "a reference to something else", New().Text("module").Op("Q").Done(), "*reference that is not one to a tensor's storage*" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Pickles), DisableDiscoveryEnumeration = true)]
    public void Pickles_that_lie(string what, byte[] pickle, string message)
    {
        what.Should().NotBeEmpty();
        Refused(pickle, message);
    }

    [Fact]
    public void A_bomb_of_containers_that_share_one_another()
    {
        // Each list holds the one before it ten times: 10^40 things in 40 lists.
        var pickle = new PickleBuilder().Op("]q\0");
        for (byte i = 1; i <= 28; i++)
        {
            pickle.Op("](").Raw([.. Enumerable.Repeat(new byte[] { (byte)'h', (byte)(i - 1) }, 10).SelectMany(pair => pair)]).Op("e").Raw((byte)'q', i);
        }

        Refused(new PickleBuilder().Op("(").Raw([.. pickle.Done()[2..^1]]).Op("t").Done(), "*hold more than 400000 things*");
    }

    [Fact]
    public void A_text_that_is_recalled_500_times_in_the_name_of_a_device()
    {
        var pickle = new PickleBuilder().Op("(").Text(new string('x', 1_000_000)).Op("q\0").Global("torch", "device").Op("(").Op(string.Concat(Enumerable.Repeat("h\0", 500))).Op("tRt");
        Refused(pickle.Done(), "*calls 'torch.device' with arguments that it does not take*");
    }

    [Fact]
    public void A_list_of_pairs_that_is_made_a_dictionary_again_and_again()
    {
        var pickle = new PickleBuilder().Op("(](");
        for (int i = 0; i < 60_000; i++)
        {
            pickle.Integer(i).Op("N").Raw(0x86);
        }

        pickle.Op("e").Raw(0x85).Op("q\0").Global("collections", "OrderedDict").Op("q\x01").Op(string.Concat(Enumerable.Repeat("h\x01h\0R", 1000))).Op("t");
        Refused(pickle.Done(), "*more than 1000000 objects*");
    }

    [Fact]
    public void Empty_tensors_with_sides_that_overflow_and_many_that_repeat()
    {
        Refused(new PickleBuilder().Tensor(0, [0, 1L << 62, 1L << 62], [1, 1, 1]).Done(), "*which no file can hold*");
        var pickle = new PickleBuilder().Op("](");
        for (int i = 0; i < 3; i++)
        {
            pickle.Tensor(0, [2_000_000], [0]);
        }

        Refused(pickle.Op("e").Done(), "*repeat stored numbers to more than 16777216 bytes in all, at '2'*");
    }

    [Fact]
    public void Names_that_grow()
    {
        // Thirty dictionaries in one another, each with a key of 300,000 letters.
        var pickle = new PickleBuilder();
        for (int i = 0; i < 30; i++)
        {
            pickle.Op("}").Text(new string((char)('a' + (i % 26)), 300_000));
        }

        Refused(pickle.Op("K\x01" + new string('s', 30)).Done(), "*names of more than 16000000 characters*");
    }

    [Fact]
    public void Archives_that_lie()
    {
        using var folder = new TemporaryFolder();
        void Try(string message, byte[] pickle, Action<ZipArchive>? more = null, CompressionLevel compression = CompressionLevel.NoCompression)
        {
            PickleBuilder.Archive(folder.File("a.pth"), pickle, more, compression);
            ShouldBeRefused(folder.File("a.pth"), message);
        }

        Try("*compressed or encrypted*", Empty, compression: CompressionLevel.SmallestSize);
        Try("*'archive/../../evil', which leads out of it*", Empty, archive => PickleBuilder.Add(archive, "archive/../../evil", [1]));
        Try("*'/etc/evil', which leads out of it*", Empty, archive => PickleBuilder.Add(archive, "/etc/evil", [1]));
        Try("*'archive/../x', which leads out of it*", Empty, archive => PickleBuilder.Add(archive, @"archive\..\x", [1]));
        Try("*holds 'archive/data/0' twice*", Empty, archive => PickleBuilder.Add(archive, "archive/data/0", [1]));
        Try("*holds 2 files '*/data.pkl'*", Empty, archive => PickleBuilder.Add(archive, "other/data.pkl", Empty));
        Try("*big-endian*", Empty, archive => PickleBuilder.Add(archive, "archive/byteorder", "big"u8.ToArray()));
        Try("*TorchScript program*", Empty, archive => PickleBuilder.Add(archive, "archive/code/__torch__.py", [1]));

        Try("*a name of 60000 characters*", Empty, archive => PickleBuilder.Add(archive, "a" + new string('/', 59_999), [1]));

        // A bomb of 1 GB that would have to be unpacked.
        using (FileStream stream = File.Create(folder.File("a.pth")))
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create))
        using (Stream entry = archive.CreateEntry("archive/data.pkl", CompressionLevel.SmallestSize).Open())
        {
            for (int i = 0; i < 64; i++)
            {
                entry.Write(new byte[1 << 20]);
            }
        }

        ShouldBeRefused(folder.File("a.pth"), "*compressed or encrypted*");

        // A directory of 300,000 entries.
        using (FileStream stream = File.Create(folder.File("a.pth")))
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            for (int i = 0; i < 300_000; i++)
            {
                archive.CreateEntry($"{i:D8}", CompressionLevel.NoCompression);
            }
        }

        ShouldBeRefused(folder.File("a.pth"), "*");
        File.WriteAllBytes(folder.File("a.pth"), "PK\x03\x04"u8.ToArray());
        ShouldBeRefused(folder.File("a.pth"), "*not a zip archive or was cut off*");
    }

    [Fact]
    public void A_small_file_that_describes_a_large_network()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var pickle = new PickleBuilder().Op("}(").Text("patch_embed.proj.weight").Tensor(0, [1024, 3, 2, 2], [0, 0, 0, 0]).Text("pos_embed").Tensor(0, [1, 4, 1024], [0, 0, 0]);
        for (int i = 0; i < 900; i++)
        {
            pickle.Text($"blocks.{i}.norm1.weight").Tensor(0, [1024], [0]);
        }

        PickleBuilder.Archive(folder.File("a.pth"), pickle.Text("blocks.0.mlp.fc1.weight").Tensor(0, [512, 1024], [0, 0]).Op("u").Done());
        Measure(() => PretrainedEncoder.Load(folder.File("a.pth"), new EncoderImportOptions { Heads = 16 }).Dispose(), "*describes an encoder of * parameters, but has only * bytes*");
    }

    private static void Refused(byte[] pickle, string message)
    {
        using var folder = new TemporaryFolder();
        PickleBuilder.Archive(folder.File("a.pth"), pickle);
        ShouldBeRefused(folder.File("a.pth"), message);
    }

    private static void ShouldBeRefused(string path, string message) => Measure(() => TensorFile.Open(path).Dispose(), message);

    // Time is measured with a margin for a busy machine: a bomb would take minutes.
    private static void Measure(Action open, string message)
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        var watch = Stopwatch.StartNew();
        open.Should().Throw<WeightsException>().WithMessage(message);
        watch.Elapsed.Should().BeLessThan(10 * MaxTime);
        (GC.GetTotalAllocatedBytes(precise: true) - before).Should().BeLessThan(MaxBytes);
    }
}
