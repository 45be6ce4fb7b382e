using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json;
using NJepa.FaultInjection.Workers;
using NJepa.Models;
using NJepa.Training;

namespace NJepa.FaultInjection.Fuzzing;

/// <summary>Reads mutations of the three formats, each a function of seed and number, so that a bad one can be made again.</summary>
internal static class FuzzRun
{
    private const int Told = 5;
    private const int Chunk = 1000;

    public static int Serve(FuzzOrder order, TextWriter output)
    {
        byte[] model = File.ReadAllBytes(Path.Combine(order.Checkpoint, CheckpointFiles.Model));
        int head = SafetensorsHeader.LengthBytes + (int)BinaryPrimitives.ReadUInt64LittleEndian(model);
        byte[] header = model[..head], manifest = File.ReadAllBytes(Path.Combine(order.Checkpoint, CheckpointManifest.FileName)), trainer = File.ReadAllBytes(Path.Combine(order.Checkpoint, CheckpointFiles.Trainer));
        byte[][] all = [header, manifest, trainer];
        int each = (order.Count + all.Length - 1) / all.Length;
        long data = model.Length - head;
        FuzzResult[] results =
        [
            Read<WeightsException>("safetensors headers", header, (bytes, random) => SafetensorsHeader.Read(new HeaderStream(bytes, random.Next(8) == 0 ? 0 : data), "fuzz"), fixLength: true),
            Read<InvalidDataException>("manifests", manifest, (bytes, _) => CheckpointManifest.Parse(bytes), fixLength: false),
            Read<InvalidDataException>("trainer.json", trainer, (bytes, _) => TrainerState.Parse(bytes), fixLength: false),
        ];
        foreach (FuzzResult result in results)
        {
            output.WriteLine(JsonSerializer.Serialize(result));
        }

        return 0;

        FuzzResult Read<TExpected>(string kind, byte[] source, Action<byte[], Random> parse, bool fixLength)
            where TExpected : Exception
        {
            int read = 0, refused = 0;
            long largestBytes = 0, largestFile = 0;
            double longest = 0;
            var wrong = new List<string>();

            // The first parse pays for compiling; without a change the file must be readable.
            parse(source, new Random(1));
            for (int i = 0; i < each; i++)
            {
                if (i % Chunk == 0)
                {
                    output.WriteLine(FormattableString.Invariant($"{kind} from {i}"));
                }

                var random = new Random(unchecked((order.Seed * 1_000_003) + i));
                byte[] bytes = Mutator.Mutate(source, all, random);
                if (fixLength && bytes.Length >= SafetensorsHeader.LengthBytes && random.Next(3) > 0)
                {
                    // A wrong length is refused at once: what comes after it is to be read as well.
                    BinaryPrimitives.WriteInt64LittleEndian(bytes, bytes.Length - SafetensorsHeader.LengthBytes);
                }

                largestFile = Math.Max(largestFile, bytes.Length);
                long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
                try
                {
                    parse(bytes, random);
                    read++;
                }
                catch (TExpected)
                {
                    refused++;
                }
                catch (Exception exception)
                {
                    wrong.Add(FormattableString.Invariant($"number {i}: {exception.GetType().Name}: {exception.Message}"));
                    if (wrong.Count == Told)
                    {
                        break;
                    }
                }

                longest = Math.Max(longest, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                largestBytes = Math.Max(largestBytes, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            return new FuzzResult(kind, typeof(TExpected).Name, each, read, refused, longest, largestBytes, largestFile, wrong);
        }
    }

    /// <summary>A file whose header is there, and whose data is zeros that take no memory.</summary>
    private sealed class HeaderStream(byte[] header, long data) : MemoryStream(header)
    {
        public override long Length => base.Length + data;

        public override int Read(Span<byte> buffer)
        {
            int read = base.Read(buffer);
            if (read == 0 && Position < Length)
            {
                buffer.Clear();
                return buffer.Length;
            }

            return read;
        }
    }
}
