using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Networks;

public sealed class AttentionProductTests : TensorTest
{
    private const int Heads = 3;
    private const long HeadWidth = 8, Width = Heads * HeadWidth;

    [Theory]
    [InlineData(1, ScalarType.Float32, true)]
    [InlineData(128, ScalarType.Float32, true)]
    [InlineData(129, ScalarType.Float32, false)]
    [InlineData(35, ScalarType.BFloat16, false)]
    public void Short_float32_sequences_are_batched_products_and_all_others_the_fused_kernel(int keys, ScalarType type, bool batched)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] parts = new AttentionProduct(Heads, HeadWidth).Split(randn(2, keys, 3 * Width).to_type(type), 3, keys);

        parts.Should().HaveCount(3);
        parts[0].shape.Should().Equal(batched ? [2 * Heads, keys, HeadWidth] : [2, Heads, keys, HeadWidth]);
    }

    [Theory]
    [InlineData(35)]
    [InlineData(129)]
    public void Values_and_gradients_are_those_of_softmax_attention_written_out(int keys)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mine = randn([2, keys, 3 * Width], requires_grad: true), theirs = mine.detach().to_type(ScalarType.Float64).requires_grad_(true);
        Tensor weight = randn(2, keys, Width);
        var attention = new AttentionProduct(Heads, HeadWidth);

        Tensor[] parts = attention.Split(mine, 3, keys);
        Tensor actual = attention.Mix(parts[0], parts[1], parts[2]);
        Tensor expected = WrittenOut(theirs);

        actual.shape.Should().Equal(2, keys, Width);
        (actual - expected).abs().max().item<double>().Should().BeLessThan(2e-6);
        (actual * weight).sum().backward();
        (expected * weight).sum().backward();
        (mine.grad! - theirs.grad!).abs().max().item<double>().Should().BeLessThan(5e-6);
        theirs.grad!.abs().max().item<double>().Should().BeGreaterThan(0.1);
    }

    [Fact]
    public void Fewer_queries_than_keys_give_the_rows_of_all_queries()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor all = randn(2, 20, 3 * Width);
        var attention = new AttentionProduct(Heads, HeadWidth);
        Tensor[] whole = attention.Split(all, 3, 20);
        Tensor q = attention.Split(all.narrow(1, 15, 5).narrow(2, 0, Width), 1, 20)[0];
        Tensor[] kv = attention.Split(all.narrow(2, Width, 2 * Width), 2, 20);

        Tensor expected = attention.Mix(whole[0], whole[1], whole[2]).narrow(1, 15, 5);
        (attention.Mix(q, kv[0], kv[1]) - expected).abs().max().item<float>().Should().BeLessThan(1e-6f);
    }

    private static Tensor WrittenOut(Tensor qkvNS3W)
    {
        Tensor[] parts = [.. qkvNS3W.chunk(3, 2).Select(part => part.reshape(2, -1, Heads, HeadWidth))];
        Tensor probabilities = (einsum("nqhc,nkhc->nhqk", parts[0], parts[1]) / Math.Sqrt(HeadWidth)).softmax(-1);
        return einsum("nhqk,nkhc->nqhc", probabilities, parts[2]).reshape(2, -1, Width);
    }
}
