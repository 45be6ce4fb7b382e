using System.IO.Compression;
using System.Text;

namespace NJepa.Interop.Tests.Hostile;

/// <summary>100,000 files with changed bytes are opened and read to the end: each gives tensors or the one exception, and nothing else happens.</summary>
public sealed class MutatedFileTests : TensorTest
{
    private const long MaxBytesPerFile = 200L << 20;

    [Theory]
    [InlineData("types.pth", 25_000, 1)]
    [InlineData("protocol4.pth", 25_000, 2)]
    [InlineData("types.safetensors", 25_000, 3)]
    public void Mutated_files_give_tensors_or_the_exception(string name, int count, int seed)
    {
        byte[] original = File.ReadAllBytes(Parity.PathOf(name));
        Outcomes outcomes = Run(original, name, count, seed, path =>
        {
            using TensorFile file = TensorFile.Open(path);
            ReadAll(file);
        });
        outcomes.Refused.Should().BeGreaterThan(count / 10);
        outcomes.Read.Should().BeGreaterThan(count / 100, "some changes hit values alone");
    }

    // The bytes of a pickle are changed inside of an archive that is in order, so that each mutation reaches the unpickler.
    [Fact]
    public void Mutated_pickles_give_tensors_or_the_exception()
    {
        byte[] pickle;
        using (ZipArchive archive = ZipFile.OpenRead(Parity.PathOf("types.pth")))
        using (Stream entry = archive.Entries.Single(entry => entry.Name == "data.pkl").Open())
        using (var copy = new MemoryStream())
        {
            entry.CopyTo(copy);
            pickle = copy.ToArray();
        }

        const int Storages = 40;
        Outcomes outcomes = Run(pickle, "data.pkl", 20_000, 4, path =>
        {
            using (FileStream stream = File.Create(path + ".pth"))
            using (var archive = new ZipArchive(stream, ZipArchiveMode.Create))
            {
                PickleBuilder.Add(archive, "archive/data.pkl", File.ReadAllBytes(path));
                for (int i = 0; i < Storages; i++)
                {
                    PickleBuilder.Add(archive, FormattableString.Invariant($"archive/data/{i}"), new byte[256]);
                }
            }

            using TensorFile file = TensorFile.Open(path + ".pth");
            ReadAll(file);
        });
        outcomes.Refused.Should().BeGreaterThan(2_000);
        outcomes.Read.Should().BeGreaterThan(200);
    }

    [Theory]
    [InlineData("timm-norm.safetensors", 2_500, 5)]
    [InlineData("transformers-classifier.bin", 1_500, 6)]
    public void Mutated_encoders_load_or_give_the_exception(string name, int count, int seed)
    {
        byte[] original = File.ReadAllBytes(Parity.PathOf(name));
        Outcomes outcomes = Run(original, name, count, seed, path => PretrainedEncoder.Load(path, new EncoderImportOptions { Heads = 3 }).Dispose(), headOnly: 4096);
        outcomes.Refused.Should().BeGreaterThan(count / 10);
    }

    [Fact]
    public void Mutated_descriptions_and_indexes_give_an_encoder_or_the_exception()
    {
        using var folder = TemporaryFolder.InMemory();
        foreach (string file in Directory.GetFiles(Parity.PathOf("transformers-sharded")))
        {
            File.Copy(file, folder.File(Path.GetFileName(file)));
        }

        foreach ((string name, int seed) in new[] { ("config.json", 7), ("model.safetensors.index.json", 8) })
        {
            byte[] original = File.ReadAllBytes(folder.File(name));
            Run(original, name, 500, seed, path =>
            {
                File.Copy(path, folder.File(name), overwrite: true);
                PretrainedEncoder.Load(folder.Path).Dispose();
            });
            File.WriteAllBytes(folder.File(name), original);
        }
    }

    private static Outcomes Run(byte[] original, string name, int count, int seed, Action<string> open, int headOnly = int.MaxValue)
    {
        var random = new Random(seed);
        using var folder = TemporaryFolder.InMemory();
        (int read, int refused) = (0, 0);
        for (int i = 0; i < count; i++)
        {
            byte[] mutated = Mutate(original, random, headOnly);
            string path = folder.File(name);
            File.WriteAllBytes(path, mutated);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                open(path);
                read++;
            }
            catch (WeightsException)
            {
                refused++;
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Mutation {i} of {name} (seed {seed}) gave a {exception.GetType().Name}: {exception.Message}", exception);
            }

            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(MaxBytesPerFile);
        }

        return new Outcomes(read, refused);
    }

    private static void ReadAll(TensorFile file)
    {
        foreach (TensorEntry entry in file.Entries)
        {
            using Tensor tensor = file.Read(entry.Name);
            tensor.shape.Should().Equal(entry.Shape);
        }
    }

    private static byte[] Mutate(byte[] original, Random random, int headOnly)
    {
        List<byte> bytes = [.. original];
        for (int changes = random.Next(1, 4); changes > 0 && bytes.Count > 0; changes--)
        {
            int place = random.Next(Math.Min(bytes.Count, headOnly));
            switch (random.Next(7))
            {
                case 0:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(place, Math.Min(random.Next(1, 64), bytes.Count - place));
                    break;
                case 3:
                    bytes.InsertRange(place, Enumerable.Range(0, random.Next(1, 32)).Select(_ => (byte)random.Next(256)));
                    break;
                case 4:
                    // Numbers at their limits, where lengths and sides may stand.
                    byte[] extreme = Extremes[random.Next(Extremes.Length)];
                    for (int i = 0; i < extreme.Length && place + i < bytes.Count; i++)
                    {
                        bytes[place + i] = extreme[i];
                    }

                    break;
                case 5:
                    bytes.InsertRange(place, original.Skip(random.Next(original.Length)).Take(random.Next(1, 200)));
                    break;
                default:
                    bytes.RemoveRange(place, bytes.Count - place);
                    break;
            }
        }

        return [.. bytes];
    }

    private static readonly byte[][] Extremes =
    [
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0, 0, 1, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0, 0, 0, 0, 0x80], Encoding.ASCII.GetBytes("99999999999"), Encoding.ASCII.GetBytes("-1"),
    ];

    private sealed record Outcomes(int Read, int Refused);
}
