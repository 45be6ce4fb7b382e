using System.Buffers.Binary;
using System.Text;
using TorchSharp;

namespace NJepa.Models.Tests.Weights;

/// <summary>Nothing that a file claims is trusted: damage ends in one exception that says what is wrong.</summary>
public sealed class DamagedFileTests : TensorTest
{
    private const string Remedy = ". It may be damaged or cut off; save or download it again.";

    public static TheoryData<string, string> Headers => new()
    {
        { "not JSON", "its header is not valid: *" },
        { "[1]", "its header is not valid: *" },
        { "null", "its header is not valid: *" },
        { """{"x":1}""", "its header is not valid: *" },
        { """{"x":null}""", "its header is not valid: *" },
        { """{"__metadata__":3}""", "its header is not valid: *" },
        { """{"__metadata__":{"a":3}}""", "its header is not valid: *" },
        { """{"__metadata__":null}""", "its header is not valid: *" },
        { """{"x":{"shape":[2],"data_offsets":[0,8]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","data_offsets":[0,8]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","shape":[2]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":32,"shape":[2],"data_offsets":[0,8]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,8]}}""", "tensor 'x' has type F8_E4M3; supported are F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL" },
        { """{"x":{"dtype":null,"shape":[2],"data_offsets":[0,8]}}""", "tensor 'x' has type ; supported are *" },
        { """{"x":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "tensor 'x' has a side of -2" },
        { """{"x":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}""", "tensor 'x' has a side of -1" },
        { """{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","shape":[0,4611686018427387904,4611686018427387904],"data_offsets":[0,0]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","shape":[9223372036854775807,0],"data_offsets":[0,0]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}""", "tensor 'x' has 17 dimensions (at most 16) and 2 offsets (exactly 2)" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8,16]}}""", "tensor 'x' has 1 dimensions (at most 16) and 3 offsets (exactly 2)" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[NaN,8]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":["0",8]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0.5,8]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,1e300]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "tensor 'x' claims bytes -8 to 0, but its type and shape need 8 and the file has 16 bytes of data" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "tensor 'x' claims bytes 8 to 0, but its type and shape need 8 and the file has 16 bytes of data" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "tensor 'x' claims bytes 0 to 4, but its type and shape need 8 and the file has 16 bytes of data" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}""", "tensor 'x' claims bytes 12 to 20, but its type and shape need 8 and the file has 16 bytes of data" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[-9223372036854775808,9223372036854775807]}}""", "tensor 'x' claims bytes -9223372036854775808 to 9223372036854775807, *" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", "tensor 'y' overlaps another" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "tensor '?' overlaps another" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", "tensor 'x' appears twice" },
        { """{"\uD800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "its header is not valid: *" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} trailing""", "its header is not valid: *" },
        { """{"x":""" + string.Concat(Enumerable.Repeat("[", 100_000)), "its header is not valid: *" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public void Headers_that_lie_are_refused(string header, string message)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("f");
        File.WriteAllBytes(path, Compose(header, 16));

        Action open = () => SafetensorsFile.Open(path);

        open.Should().Throw<WeightsException>().WithMessage($"{path} is not a usable safetensors file: {message}{(message.EndsWith('*') ? "" : Remedy)}");
    }

    [Theory]
    [InlineData("", "it has 0 bytes, fewer than the 8 of a safetensors length field")]
    [InlineData("00", "it has 1 bytes, fewer than the 8 of a safetensors length field")]
    [InlineData("0000000000000000", "its header claims 0 bytes; the file has 8 and a header may have up to 67108864")]
    [InlineData("0000000000000080", "its header claims 9223372036854775808 bytes; the file has 8 and a header may have up to 67108864")]
    [InlineData("FFFFFFFFFFFFFFFF", "its header claims 18446744073709551615 bytes; the file has 8 and a header may have up to 67108864")]
    [InlineData("03000000000000007B7D", "its header claims 3 bytes; the file has 10 and a header may have up to 67108864")]
    public void Lengths_that_lie_are_refused(string bytes, string message)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("f");
        File.WriteAllBytes(path, Convert.FromHexString(bytes));

        Action open = () => SafetensorsFile.Open(path);

        open.Should().Throw<WeightsException>().Which.Message.Should().Be($"{path} is not a usable safetensors file: {message}{Remedy}");
    }

    [Fact]
    public void A_folder_is_no_file()
    {
        using var folder = new TemporaryFolder();

        Action open = () => SafetensorsFile.Open(folder.Path);

        open.Should().Throw<FileNotFoundException>();
    }

    [Fact]
    public void A_model_cut_off_anywhere_is_refused_and_the_model_stays_as_it_was()
    {
        using var folder = new TemporaryFolder();
        using JepaModel model = Small.IJepa().Build();
        string path = folder.File("f");
        model.SaveWeights(path);
        byte[] whole = File.ReadAllBytes(path);
        float[] before = Small.Values(model.Parameters.Values);
        for (int i = 0; i < 60; i++)
        {
            int length = i < 20 ? i : (int)((long)whole.Length * (i - 20) / 40);
            File.WriteAllBytes(path, whole[..Math.Min(length, whole.Length - 1)]);

            Action load = () => model.LoadWeights(path), encoder = () => ViTEncoder.Load(path);

            load.Should().Throw<WeightsException>("only {0} of {1} bytes are there", length, whole.Length);
            encoder.Should().Throw<WeightsException>();
        }

        File.WriteAllBytes(path, whole[..^1]);
        Action last = () => model.LoadWeights(path);
        last.Should().Throw<WeightsException>();
        Small.Values(model.Parameters.Values).Should().Equal(before);
    }

    [Fact]
    public void A_file_that_shrinks_after_it_was_opened_is_noticed()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // Open files cannot be cut there.
        }

        using var folder = new TemporaryFolder();
        string path = folder.File("f");
        File.WriteAllBytes(path, Compose("""{"x":{"dtype":"F32","shape":[25000],"data_offsets":[0,100000]}}""", 100_000));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        using (var shrink = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            shrink.SetLength(50_000);
        }

        Action read = () => file.Read("x");

        read.Should().Throw<WeightsException>().WithMessage($"{path} ended while tensor 'x' was read; it was cut off after it was opened.");
    }

    [Fact]
    public void Three_thousand_damaged_files_end_in_a_tensor_or_in_a_WeightsException()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("f");
        byte[] good = Compose(
            """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"I64","shape":[1],"data_offsets":[24,32]},"c":{"dtype":"U8","shape":[0,7],"data_offsets":[32,32]},"d":{"dtype":"BF16","shape":[],"data_offsets":[32,34]}}""", 34);
        int refused = 0, read = 0;
        for (int seed = 0; seed < 3000; seed++)
        {
            File.WriteAllBytes(path, Mutate(good, new Random(seed)));
            try
            {
                using SafetensorsFile file = SafetensorsFile.Open(path);
                foreach (SafetensorsEntry entry in file.Entries)
                {
                    file.Read(entry.Name).Dispose();
                }

                read++;
            }
            catch (WeightsException)
            {
                refused++;
            }
            catch (Exception exception)
            {
                Assert.Fail($"The file of seed {seed} ended in {exception}");
            }
        }

        refused.Should().BeGreaterThan(1000);
        read.Should().BeGreaterThan(100);
    }

    private static byte[] Mutate(byte[] good, Random random)
    {
        var bytes = new List<byte>(good);
        string[] pieces = ["-1", "0", "9223372036854775807", "1e9", "null", "[]", "{}", "\"", ",", "2147483648", "[0,0]", "\\u0000", "F64", "\"a\"", "18446744073709551616"];
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, Encoding.ASCII.GetBytes(pieces[random.Next(pieces.Length)]));
                    break;
                case 4:
                    // A digit of the header: shapes and offsets that look right.
                    int digit = bytes.FindIndex(Math.Min(at, bytes.Count - 1), value => value is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 8)
                    {
                        bytes[digit] = (byte)('0' + random.Next(10));
                    }

                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }

            if (bytes.Count == 0)
            {
                break;
            }
        }

        // Mostly keep the length field true, so that the damage reaches the parser.
        byte[] result = [.. bytes];
        if (result.Length > 8 && random.Next(4) > 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(result, Math.Max(2, result.Length - 8 - 34));
        }

        return result;
    }

    private static byte[] Compose(string header, int dataBytes)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + text.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, text.Length);
        text.CopyTo(file, 8);
        return file;
    }
}
